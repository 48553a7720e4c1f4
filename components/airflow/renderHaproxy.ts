import { healthPath } from "../machines/balancerPlan";
import type { Entrance } from "../node";
import { ports } from "../ports";
import { heartbeatAnswer, type Node } from "./render";

/** Certificate chain and key in one file, for HAProxy only. */
export const certificatePath = "/etc/haproxy/airflow.pem";

/** HAProxy's sections: HTTPS for people, loopback for this node's workers, both to every node's API server. */
export function haproxySections(nodes: Node[], httpsPort: number): string {
    const servers = nodes.map(
        (node) => `    server ${node.name} ${node.meshAddress}:${ports.airflowApi}`,
    );
    return `frontend airflow-https
    bind :::${httpsPort} v4v6 ssl crt ${certificatePath} alpn h2,http/1.1
${webRules("%[src]", httpsPort)}

frontend airflow-execution
    bind 127.0.0.1:${ports.airflowApiLocal}
    mode http
    maxconn 2000
    timeout client 60s
    timeout http-request 10s
    use_backend airflow-heartbeats if { path_beg /execution/task-instances/ } { path_end /heartbeat }
    default_backend airflow-api

backend airflow-api
    mode http
    balance roundrobin
    timeout connect 3s
    timeout check 5s
    timeout queue 10s
    # Logs of a running task are streamed.
    timeout server 120s
    option redispatch 1
    retries 3
    retry-on conn-failure
    # An API server builds this part at its first request and answers nothing meanwhile, for seconds: it is up after that.
    option httpchk GET /execution/health
    http-check expect status 200
    default-server check inter 2s fastinter 500ms downinter 1s rise 2 fall 2
${servers.join("\n")}

# A worker asks again and again what has failed with 5xx or without an answer, for minutes. A heartbeat has to count as
# missed at once, so that a task on a node that is cut off ends before it is started elsewhere.
backend airflow-heartbeats
    mode http
    balance roundrobin
    timeout connect 1s
    timeout queue 1s
    timeout server ${heartbeatAnswer}s
    option redispatch 1
    retries 1
    retry-on conn-failure
    http-after-response set-status 429 if { status ge 500 }
${nodes.map(({ name }, at) => `${servers[at]} track airflow-api/${name}`).join("\n")}
`;
}

/** What the node takes from a load balancer, which has ended TLS: a section more, in plain HTTP. */
export function balancerSection({ name }: { name: string }, { address, source }: Entrance): string {
    return `frontend airflow-load-balancer
    # The address may come later than HAProxy, and go before it.
    bind ${address}:${ports.loadBalancer} transparent
    tcp-request connection reject unless { src ${source} }
    # Ready is a node whose own API server is: the load balancer leaves the others out.
    monitor-uri ${healthPath}
    monitor fail unless { srv_is_up(airflow-api/${name}) }
    # The last address is the one that the load balancer saw; those before it are what the client says.
${webRules("%[req.hdr(x-forwarded-for,-1)]", 443)}
`;
}

/** For whoever comes from outside, over HTTPS. */
function webRules(client: string, port: number): string {
    return `    mode http
    option httplog
    maxconn 2000
    timeout client 60s
    # One that sends its request byte by byte is not waited for.
    timeout http-request 10s
    timeout http-keep-alive 30s
    # The workers' API is for the nodes.
    http-request deny deny_status 404 if { path,url_dec -m beg -i /execution }
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-For ${client}
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Port ${port}
    http-request del-header X-Forwarded-Prefix
    http-after-response set-header Strict-Transport-Security max-age=31536000
    http-after-response set-header X-Content-Type-Options nosniff
    http-after-response set-header X-Frame-Options SAMEORIGIN
    http-after-response set-header Referrer-Policy same-origin
    http-after-response del-header Server
    default_backend airflow-api`;
}
