import { StringDecoder } from "node:string_decoder";

/** Cuts a stream of bytes into lines. */
export function lineLogger(log: (line: string) => void): {
    write(chunk: Buffer): void;
    end(): void;
} {
    const decoder = new StringDecoder("utf8");
    let rest = "";
    return {
        write(chunk) {
            const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
            rest = lines.pop() ?? "";
            lines.forEach(log);
        },
        end() {
            rest += decoder.end();
            if (rest !== "") {
                log(rest);
            }
        },
    };
}
