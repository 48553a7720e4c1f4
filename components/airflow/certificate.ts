import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Problem } from "../problems";

/** A web server's certificate and its private key, both PEM. */
export interface OwnCertificate {
    /** The certificate first, then those between it and the root. */
    certificate: string;
    key: string;
}

/** What is wrong with them; neither is shown, since the one may have been taken for the other. */
export function certificateProblems({ certificate, key }: OwnCertificate): Problem[] {
    const read = readable(() => new X509Certificate(certificate));
    const readKey = readable(() => createPrivateKey(key));
    const problems = [
        ...(read ? [] : ["certificate: it is no PEM certificate"]),
        ...(readKey ? [] : ["certificateKey: it is no PEM private key without a passphrase"]),
    ];
    if (!read || !readKey) {
        return problems;
    }
    return [
        ...(read.checkPrivateKey(readKey) ? [] : ["certificateKey: it is not the certificate's"]),
        ...(Date.parse(read.validTo) > Date.now()
            ? []
            : [`certificate: it was valid until ${read.validTo}`]),
    ];
}

function readable<T>(read: () => T): T | undefined {
    try {
        return read();
    } catch {
        return undefined;
    }
}
