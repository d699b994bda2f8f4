/**
 * How one generation looks when it is opened from the contact sheet.
 */
export const SHEET_VIEWER_STYLE = String.raw`
dialog {
  width: min(82rem, calc(100vw - 2rem));
  max-width: none;
  height: fit-content;
  max-height: calc(100dvh - 2rem);
  padding: 0;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--card);
  color: var(--ink);
  overflow: hidden auto;
}
dialog::backdrop { background: rgb(0 0 0 / .66); }
.open { display: grid; grid-template-columns: minmax(0, 1fr) 24rem; }
.stage { display: flex; flex-direction: column; justify-content: center; gap: 2px; min-height: 20rem; background: var(--frame); color: var(--on-frame); }
.stage video { display: block; width: 100%; max-height: calc(100dvh - 6rem); object-fit: contain; }
.facts { display: flex; flex-direction: column; gap: 1rem; padding: 1rem 1.25rem 1.5rem; min-width: 0; max-height: calc(100dvh - 2rem); overflow-y: auto; }
.steps { display: flex; gap: .5rem; }
.steps .bare:last-child { margin-left: auto; }
.bare:hover { border-color: var(--soft); }
.bare:disabled { opacity: .45; cursor: default; border-color: var(--line); }
.whole { font-size: 1.05rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.facts .reason { display: block; }
.facts dl { display: grid; grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); gap: .3rem 1rem; font-size: .88rem; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; white-space: pre-wrap; }
.facts dd.code { font: .78rem/1.65 var(--mono); }
.facts h2 { margin: 0 0 .4rem; font-size: .75rem; font-weight: 600; color: var(--soft); }
@media (max-width: 58rem) {
  .open { grid-template-columns: minmax(0, 1fr); }
  .stage { min-height: 0; }
  .stage video { max-height: 55dvh; }
  .facts { max-height: none; }
}
@media (max-width: 40rem) {
  dialog { width: 100vw; max-height: 100dvh; height: 100dvh; border: 0; border-radius: 0; margin: 0; }
}
@media print { dialog { display: none; } }
`;
