import { svg, text } from "../svg.ts";
import { deadline } from "./records.ts";
import { fromJson, type WayResult } from "./results.ts";

/** Seconds at the left end of the axis; what came sooner is drawn there. */
const soonest = 0.01;

/** In pixels. */
const width = 1000;
const height = 440;
const [left, right, top, bottom] = [60, 230, 30, 40];

const colours = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#e08214", "#555555"];

/** How many of the saves were there after so many seconds: a line for each way with all nodes up, dashed with one off. */
export function plot(results: WayResult[]): string {
    const lines = results.flatMap(({ allUp, oneDown }, index) => [
        curve(allUp, colours[index % colours.length], ""),
        curve(oneDown, colours[index % colours.length], ' stroke-dasharray="5 3"'),
    ]);
    const title = `<text x="${left}" y="18" font-weight="bold">Share of the saves that are on all nodes, over seconds from saving (dashed: one node off)</text>`;
    return svg(width, height, [title, ...axes(), ...lines, ...legend(results)].join("\n"));
}

/** Logarithmic, in pixels. */
function x(seconds: number): number {
    const part = Math.log(seconds / soonest) / Math.log(deadline / soonest);
    return left + Math.max(0, part) * (width - left - right);
}

function y(share: number): number {
    return height - bottom - share * (height - top - bottom);
}

function curve(saves: (number | null)[] | undefined, colour: string, style: string): string {
    if (saves === undefined || saves.length === 0) {
        return "";
    }
    const arrived = fromJson(saves)
        .filter(Number.isFinite)
        .toSorted((a, b) => a - b);
    const steps = arrived.map(
        (seconds, index) => `H${x(seconds).toFixed(1)}V${y((index + 1) / saves.length).toFixed(1)}`,
    );
    const path = `M${left} ${y(0)}${steps.join("")}H${x(deadline)}`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"${style}/>`;
}

function axes(): string[] {
    const times = [0.01, 0.1, 1, 10, 60, deadline].map((seconds) => {
        const at = x(seconds).toFixed(1);
        return `<path d="M${at} ${top}V${height - bottom}" stroke="#ddd"/><text x="${at}" y="${height - bottom + 15}" text-anchor="middle">${seconds} s</text>`;
    });
    const shares = [0, 0.25, 0.5, 0.75, 1].map((share) => {
        const at = y(share).toFixed(1);
        return `<path d="M${left} ${at}H${width - right}" stroke="#ddd"/><text x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${share * 100} %</text>`;
    });
    return [...times, ...shares];
}

function legend(results: WayResult[]): string[] {
    return results.map(({ title }, index) => {
        const at = top + 14 + index * 18;
        const from = width - right + 14;
        return `<path d="M${from} ${at - 4}h24" stroke="${colours[index % colours.length]}" stroke-width="3"/><text x="${from + 30}" y="${at}">${text(title)}</text>`;
    });
}
