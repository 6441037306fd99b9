// What the first load of a page asks for and weighs, and what moves on it afterwards.
import assert from 'node:assert/strict';

const requestsMost = 12;
const bytesMost = 200_000;

// measureLoads notes in window.shifted what moves on the pages of a window, and returns what
// loads one of them anew, as it is at first, until it is live and ready, and holds it to how
// much it may ask for.
export async function measureLoads(page) {
  await page.addInitScript(() => {
    window.shifted = [];
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted.push(...entry.sources.map(({ node, previousRect, currentRect }) => [node?.outerHTML?.slice(0, 80) ?? node?.textContent, previousRect.y, currentRect.y, previousRect.height, currentRect.height].join(' '))); }).observe({ type: 'layout-shift', buffered: true });
  });
  return async (path, width, ready) => {
    const client = await page.context().newCDPSession(page);
    await client.send('Network.enable');
    await client.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0, requests = 0;
    client.on('Network.requestWillBeSent', () => { requests++; });
    client.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.goto(path);
    await page.locator('#status.live').waitFor();
    await ready();
    console.log(`first load of ${path} at ${width} px: ${requests} requests, ${bytes} bytes`);
    assert.ok(requests <= requestsMost, `${path}: ${requests} requests`);
    assert.ok(bytes > 5_000 && bytes <= bytesMost, `${path}: ${bytes} bytes`);
    await client.detach();
  };
}
