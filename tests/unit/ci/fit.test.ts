import { parseEvents } from "../../../scripts/ci/events";
import { fit, limit } from "../../../scripts/ci/fit";
import { renderComment } from "../../../scripts/ci/render";
import { file, preview } from "./events";

const section = (name: string, length: number) => ({ name, text: name.repeat(length) });

test("what fits is left as it is", () => {
    expect(fit("head", [section("a", 3), section("b", 2)], "the log")).toBe("head\n\naaa\n\nbb\n");
});

test("a section that does not fit is left out whole and named; a smaller one after it is kept", () => {
    const text = fit(
        "head",
        [section("a", 3), section("b", 5000), section("c", 3)],
        "the log",
        2000,
    );
    expect(text).toBe(
        "head\n\naaa\n\nccc\n\nGitHub takes 65536 characters. Left out: b. All of it is in the log.\n",
    );
});

test("no text is longer than the limit, however the sections fall", () => {
    for (let length = 0; length < 900; length += 7) {
        const sections = [section("a", 500), section("b", length), section("name ".repeat(100), 9)];
        expect(fit("head", sections, "the log", 2000).length).toBeLessThanOrEqual(2000);
    }
});

test("a comment on files that are too long is cut between components", () => {
    const text = (mark: string) =>
        Array.from({ length: 900 }, (_, line) => `${mark} ${"line ".repeat(10)}${line}\n`).join("");
    const step = (component: string, name: string, before: string, after: string) => ({
        ...{ op: "update", in: component, name },
        before: file(`/etc/${name}`, before),
        after: file(`/etc/${name}`, after),
    });
    const comment = renderComment(
        parseEvents(
            preview([
                step("DagSync dags", "short", "a\n", "b\n"),
                step("EtcdCluster etcd", "long", text("old"), text("new")),
                step("RabbitCluster rabbit", "last", "a\n", "b\n"),
            ]),
        ),
        { stack: "dev" },
    );
    expect(comment.length).toBeLessThan(limit);
    expect(comment.match(/<details>/g)).toHaveLength(2);
    expect(comment.match(/<\/details>/g)).toHaveLength(2);
    expect(comment).toMatch(/Left out: EtcdCluster\. All of it is in the preview's log\.\n$/);
});

test("a file of which too many lines change is not compared to the end", () => {
    const text = (mark: string) =>
        Array.from({ length: 3000 }, (_, line) => `${mark} ${line}\n`).join("");
    const step = { op: "update", in: "AirflowNode a", name: "a-requirements" };
    const [before, after] = [file("/r.lock", text("old")), file("/r.lock", text("new"))];
    const comment = renderComment(parseEvents(preview([{ ...step, before, after }])), {
        stack: "dev",
    });
    expect(comment).toContain("More than 2000 lines change.");
});
