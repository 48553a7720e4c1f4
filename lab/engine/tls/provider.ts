import type { Provider } from "../provider/resource.ts";
import { privateKey } from "./privateKey.ts";
import { selfSignedCert } from "./selfSignedCert.ts";

export const provider: Provider = {
    name: "tls",
    keepsSecrets: false,
    config: {},
    resources: {
        "tls:index/privateKey:PrivateKey": privateKey,
        "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    },
};
