import { svg, text } from "../svg.ts";
import type { Attempt } from "./records.ts";
import type { Result } from "./results.ts";

/** Seconds that are shown before and after each fault, and of one bar. */
const margin = 5;
const bin = 0.5;

/** In pixels. */
const width = 1000;
const left = 130;
const lane = 18;
const head = 24;
const foot = 26;

const colours = { rows: "#1f77b4", messages: "#e08214" };

export interface Acknowledgements {
    rows: Attempt[];
    messages: Attempt[];
}

/** A panel for each fault, in it two lanes for each node: how many acknowledgements came in each half a second. */
export function plot(results: Result[], nodes: string[], attempts: Acknowledgements): string {
    const panel = head + nodes.length * 2 * lane + foot;
    const panels = results.map(
        (result, index) =>
            `<g transform="translate(0 ${index * panel})">${panelOf(result, nodes, attempts)}</g>`,
    );
    const height = results.length * panel;
    return svg(width, height, panels.join("\n"));
}

function panelOf(result: Result, nodes: string[], attempts: Acknowledgements): string {
    const from = result.at - margin;
    const span = result.whole + 2 * margin;
    const x = (time: number) => left + ((time - from) / span) * (width - left - 10);
    const bottom = head + nodes.length * 2 * lane;
    const lanes = nodes.flatMap((node, index) =>
        (["rows", "messages"] as const).map((kind, second) => {
            const y = head + (index * 2 + second + 1) * lane;
            const times = attempts[kind]
                .filter((each) => each.node === node && each.outcome === "ok")
                .map(({ ended }) => ended - from)
                .filter((time) => time >= 0 && time < span);
            const label = `<text x="4" y="${y - 5}">${text(node)} ${kind}</text>`;
            return label + bars(times, span, x, from, y, colours[kind]);
        }),
    );
    const title = `${result.fault} ${result.name}: longest gap ${result.gap.rows.toFixed(1)} s (rows), ${result.gap.messages.toFixed(1)} s (messages)`;
    return [
        `<text x="4" y="16" font-weight="bold">${text(title)}</text>`,
        ...lanes,
        mark(x(result.at), bottom, "fault"),
        mark(x(result.until), bottom, `whole after ${result.whole.toFixed(0)} s`),
    ].join("\n");
}

function bars(
    times: number[],
    span: number,
    x: (time: number) => number,
    from: number,
    y: number,
    colour: string,
): string {
    const counts = new Array<number>(Math.ceil(span / bin)).fill(0);
    for (const time of times) {
        counts[Math.floor(time / bin)]++;
    }
    const most = Math.max(1, ...counts);
    const wide = x(from + bin) - x(from);
    const rects = counts.flatMap((count, index) => {
        const high = (count / most) * (lane - 4);
        return count === 0
            ? []
            : `M${x(from + index * bin).toFixed(1)} ${y}v${(-high).toFixed(1)}h${wide.toFixed(1)}V${y}z`;
    });
    return `<path d="M${left} ${y}h${width - left - 10}" stroke="#ccc"/><path d="${rects.join("")}" fill="${colour}"/>`;
}

function mark(at: number, bottom: number, label: string): string {
    const x = at.toFixed(1);
    return `<path d="M${x} ${head}V${bottom}" stroke="#c00" stroke-dasharray="3 2"/><text x="${x}" y="${bottom + 13}" text-anchor="middle" fill="#c00">${text(label)}</text>`;
}
