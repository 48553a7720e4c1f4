import type { Resource } from "../provider/resource.ts";
import type { Field } from "../provider/shape.ts";
import { text as textOf, type Value, type Values } from "../rpc/values.ts";
import {
    type CertificateRequest,
    signCertificate,
    type Subject,
    subjectFields,
} from "./certificate.ts";
import { usages } from "./usages.ts";

const hour = 3_600_000;
const text = { type: "string", replaces: true } as const;
const names: Field = { type: "list", items: { type: "string" }, replaces: true };
const flag = { type: "boolean", replaces: true } as const;

export const selfSignedCert: Resource = {
    inputs: {
        privateKeyPem: { ...text, required: true },
        validityPeriodHours: { type: "number", required: true, minimum: 0, replaces: true },
        allowedUses: {
            type: "list",
            items: { type: "string", allowed: usages },
            required: true,
            replaces: true,
        },
        subject: { type: "object", fields: subjectFields, replaces: true },
        dnsNames: names,
        ipAddresses: names,
        uris: names,
        earlyRenewalHours: { type: "number", minimum: 0 },
        isCaCertificate: flag,
        maxPathLength: { type: "number", minimum: -1, replaces: true },
        setSubjectKeyId: flag,
        setAuthorityKeyId: flag,
    },
    computed: ["certPem", "keyAlgorithm", "validityEndTime", "validityStartTime"],
    planned: withDefaults,
    expired: (state) => (dueForRenewal(state) ? ["readyForRenewal"] : []),
    async create(inputs) {
        const start = new Date(Math.floor(Date.now() / 1000) * 1000);
        const end = new Date(start.getTime() + Number(inputs.validityPeriodHours) * hour);
        const made = await signCertificate(certificateRequest(inputs, start, end));
        return {
            id: made.serialNumber,
            outputs: {
                ...withDefaults(inputs),
                certPem: made.pem,
                keyAlgorithm: made.keyAlgorithm,
                validityStartTime: rfc3339(start),
                validityEndTime: rfc3339(end),
            },
        };
    },
    // Only earlyRenewalHours changes without a new certificate.
    update: (_id, state, inputs) => Promise.resolve({ ...state, ...withDefaults(inputs) }),
    read(_id, state) {
        const { readyForRenewal, ...rest } = state;
        const outputs = {
            ...rest,
            readyForRenewal: dueForRenewal(state) || readyForRenewal === true,
        };
        return Promise.resolve({ outputs });
    },
};

function withDefaults(inputs: Values): Values {
    return {
        earlyRenewalHours: 0,
        isCaCertificate: false,
        setSubjectKeyId: false,
        setAuthorityKeyId: false,
        readyForRenewal: false,
        ...inputs,
    };
}

function dueForRenewal({ validityEndTime, earlyRenewalHours }: Values): boolean {
    const early = typeof earlyRenewalHours === "number" ? earlyRenewalHours : 0;
    return (
        typeof validityEndTime === "string" &&
        Date.parse(validityEndTime) - early * hour <= Date.now()
    );
}

function certificateRequest(inputs: Values, start: Date, end: Date): CertificateRequest {
    return {
        privateKeyPem: textOf(inputs.privateKeyPem),
        start,
        end,
        allowedUses: strings(inputs.allowedUses),
        subject: (inputs.subject ?? {}) as Subject,
        dnsNames: strings(inputs.dnsNames),
        ipAddresses: strings(inputs.ipAddresses),
        uris: strings(inputs.uris),
        authority: inputs.isCaCertificate === true,
        maxPathLength: typeof inputs.maxPathLength === "number" ? inputs.maxPathLength : undefined,
        setSubjectKeyId: inputs.setSubjectKeyId === true,
        setAuthorityKeyId: inputs.setAuthorityKeyId === true,
    };
}

function strings(value: Value | undefined): string[] {
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function rfc3339(date: Date): string {
    return date.toISOString().replace(".000Z", "Z");
}
