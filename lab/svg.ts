/** A whole picture of that many pixels, on white. */
export function svg(width: number, height: number, content: string): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${content}
</svg>
`;
}

/** The text as it may stand between tags. */
export function text(plain: string): string {
    return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
