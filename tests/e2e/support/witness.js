// What there was to see when a test failed: a test that fails one time in a hundred, on a machine that is gone, leaves nothing else.
const LINES_MAX = 150;

/** Says for each open page where it is, what is on it, and where its grids stand. */
export async function testimony(context) {
  const pages = context.pages().filter((page) => page.url() !== "about:blank");
  return (await Promise.all(pages.map((page) => ofPage(page).catch((error) => `${page.url()}: nothing to be seen: ${error}`)))).join("\n");
}

async function ofPage(page) {
  const grids = await page.evaluate(() => {
    const frames = new Promise((resolve) => {
      setTimeout(() => resolve("no frame within a second"), 1_000);
      requestAnimationFrame(() => resolve("frames are drawn"));
    });
    const stand = (grid) => {
      const { scrollTop, clientHeight, scrollHeight } = grid;
      const rows = [...grid.querySelectorAll("[role=rowgroup] > [role=row]")];
      const indexes = rows.map((row) => row.getAttribute("aria-rowindex") ?? "-").join(" ");
      return `grid ${grid.ariaLabel}: at ${scrollTop} of ${scrollHeight} px, ${clientHeight} px high, rows ${indexes}`;
    };
    return frames.then((word) => [`${document.visibilityState}, ${word}`, ...[...document.querySelectorAll("[role=grid]")].map(stand)]);
  });
  const seen = (await page.locator("body").ariaSnapshot({ timeout: 5_000 })).split("\n");
  const rest = seen.length > LINES_MAX ? [`… ${seen.length - LINES_MAX} lines more`] : [];
  return [page.url(), ...grids, ...seen.slice(0, LINES_MAX), ...rest].join("\n    ");
}
