// Told apart in print and by people who do not see all colours (Okabe and Ito, 'Color Universal Design').
export const colors: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9']

/** An SVG picture with a title above its parts, readable on light and dark grounds. */
export function pictureOf ({ title, width, height, left }: { readonly title: string, readonly width: number, readonly height: number, readonly left: number }, parts: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="24" font-size="15" font-weight="600">${escape(title)}</text>
${parts}
</svg>
`
}

/** Text within a picture, or one of its attributes. */
export function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
