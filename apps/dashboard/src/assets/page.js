// What every page needs: local times, live parts, copying, charts. Without it the pages work all the same.
import { drawCharts } from './charts.js';
import { followLive } from './live.js';
import { localInputs, showTimes } from './times.js';

showTimes();
localInputs();
drawCharts();
setInterval(showTimes, 10_000);
followLive(() => {
  showTimes();
  drawCharts();
});

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
  const text = button && document.getElementById(button.dataset.copy)?.textContent;
  if (!text) return;
  const said = button.textContent;
  navigator.clipboard.writeText(text).then(
    () => (button.textContent = 'Copied'),
    () => (button.textContent = 'Select it and copy'),
  );
  setTimeout(() => (button.textContent = said), 2_000);
});
