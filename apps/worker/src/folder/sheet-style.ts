/**
 * How the contact sheet looks: paper and ink by day, a dim room by night. The colours of the states are the only colours.
 */
export const SHEET_STYLE = String.raw`
:root {
  color-scheme: light dark;
  --paper: #f5f4f0; --card: #fffefb; --ink: #1d1c1a; --soft: #65615b; --line: #e2dfd8; --frame: #17171a; --on-frame: #d9d6d0; --focus: #2456a6;
  --done: #2f7250; --moving: #356a9f; --stopped: #b23a2e; --asks: #8f5f00; --gone: #77726b;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', 'Roboto Mono', 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131312; --card: #1c1b1a; --ink: #ebe9e4; --soft: #a39e96; --line: #302e2b; --frame: #0b0b0c; --on-frame: #c9c5be; --focus: #8fb8f0;
    --done: #6fbd93; --moving: #82b4e6; --stopped: #ef8d80; --asks: #e0b45c; --gone: #99938a;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; scroll-padding-top: 7rem; }
body {
  margin: 0 auto;
  max-width: 108rem;
  padding: 0 clamp(1rem, 3vw, 2.75rem);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', sans-serif;
}
h1, p, ol, dl, dd { margin: 0; padding: 0; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
[hidden] { display: none !important; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; z-index: 9; padding: .5rem 1rem; background: var(--card); }

header { padding: clamp(1.75rem, 5vw, 3.5rem) 0 1.25rem; }
.kicker { font: 500 .75rem/1 var(--mono); letter-spacing: .08em; color: var(--soft); text-transform: uppercase; }
h1 {
  margin: .7rem 0 .5rem;
  font-size: clamp(1.7rem, 4.5vw, 2.9rem);
  font-weight: 620;
  line-height: 1.1;
  letter-spacing: -.022em;
  overflow-wrap: anywhere;
  text-wrap: balance;
}
.summary { color: var(--soft); }
.simulated {
  margin-top: 1rem;
  padding: .65rem .9rem;
  border: 1px solid var(--line);
  border-left: 3px solid var(--asks);
  border-radius: 4px;
  background: var(--card);
  width: fit-content;
}
.simulated strong { color: var(--asks); }
.bar { display: flex; gap: 2px; height: 5px; margin-top: 1.5rem; border-radius: 3px; overflow: hidden; background: var(--line); }
.bar i { min-width: 3px; background: var(--tone); }

.tools {
  position: sticky;
  top: 0;
  z-index: 2;
  display: flex;
  flex-wrap: wrap;
  gap: .6rem;
  align-items: center;
  padding: .75rem 0;
  background: var(--paper);
  border-bottom: 1px solid var(--line);
}
.tools input, .tools select { height: 2.4rem; padding: 0 .75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); }
.tools input { flex: 1 1 17rem; max-width: 28rem; min-width: 0; }
.tools input::placeholder { color: var(--soft); opacity: 1; }
.states { display: flex; flex-wrap: wrap; gap: .4rem; }
.chip {
  display: inline-flex;
  align-items: center;
  gap: .45rem;
  height: 2.4rem;
  padding: 0 .75rem;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: none;
  cursor: pointer;
  white-space: nowrap;
}
.chip:hover { border-color: var(--soft); }
.chip[aria-pressed='true'] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.chip b { font-weight: 500; font-variant-numeric: tabular-nums; opacity: .7; }
.dot { flex: none; width: .5rem; height: .5rem; border-radius: 50%; background: var(--tone); }
.count { margin-left: auto; color: var(--soft); font-variant-numeric: tabular-nums; }
[data-tone='done'] { --tone: var(--done); } [data-tone='moving'] { --tone: var(--moving); } [data-tone='stopped'] { --tone: var(--stopped); }
[data-tone='asks'] { --tone: var(--asks); } [data-tone='gone'] { --tone: var(--gone); }

main { min-height: 40vh; padding: 1.6rem 0; outline: none; overflow-anchor: none; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: clamp(1rem, 1.8vw, 1.6rem); padding: 0; list-style: none; }
.printed { display: none; }
.card { display: flex; flex-direction: column; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.card:focus-within, .card:hover { border-color: var(--soft); }
.frame {
  position: relative;
  display: grid;
  place-items: center;
  width: 100%;
  aspect-ratio: 16 / 9;
  padding: 0;
  border: 0;
  background: var(--frame);
  color: var(--on-frame);
  cursor: pointer;
  overflow: hidden;
}
.frame:focus-visible { outline-offset: -3px; outline-color: #8fb8f0; }
.frame video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; pointer-events: none; }
.note { padding: 2rem 1.25rem; font-size: .9rem; text-align: center; }
.note b { display: block; font-weight: 600; text-transform: capitalize; }
.tag {
  position: absolute;
  bottom: .5rem;
  padding: .15rem .4rem;
  border-radius: 4px;
  background: rgb(0 0 0 / .62);
  color: #fff;
  font: 500 .72rem/1.3 var(--mono);
}
.tag.number { left: .5rem; } .tag.length { right: .5rem; }
.play { position: absolute; width: 3.25rem; height: 3.25rem; border-radius: 50%; background: rgb(0 0 0 / .5); opacity: 0; transition: opacity .15s; }
.play::after {
  content: '';
  position: absolute;
  left: 1.3rem;
  top: 1rem;
  border-style: solid;
  border-width: .62rem 0 .62rem 1rem;
  border-color: transparent transparent transparent #fff;
}
.frame:hover .play, .frame:focus-visible .play { opacity: 1; }
@media (hover: none) { .play { opacity: .8; } }
/* One height for all: what is outside of the window is counted, not made. */
.text { display: flex; flex-direction: column; gap: .5rem; height: 14rem; padding: .9rem 1rem 1rem; min-width: 0; overflow: hidden; }
.prompt { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere; }
/* A prompt stands in the direction of its own script. */
.prompt, .reason, .whole { unicode-bidi: plaintext; }
.reason {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  overflow: hidden;
  overflow-wrap: anywhere;
  padding-left: .65rem;
  border-left: 2px solid var(--tone);
  font-size: .9rem;
}
.card:has(.reason) .prompt { -webkit-line-clamp: 2; }
.state { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .45rem; font-size: .9rem; }
.state b { font-weight: 600; color: var(--tone); text-transform: capitalize; }
.state span { color: var(--soft); }
.maker { overflow: hidden; color: var(--soft); font-size: .9rem; text-overflow: ellipsis; white-space: nowrap; }
.small { overflow: hidden; color: var(--soft); font: .76rem/1.5 var(--mono); text-overflow: ellipsis; white-space: nowrap; }
.small.wraps { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; white-space: normal; }
.card:has(.reason) .small.wraps { -webkit-line-clamp: 1; }
.foot { display: flex; flex-direction: column; gap: .2rem; margin-top: auto; min-width: 0; }
.empty { padding: 20vh 1rem; text-align: center; color: var(--soft); }
.empty button { margin-top: 1rem; }
.empty button, .bare { height: 2.4rem; padding: 0 .9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); cursor: pointer; }
footer { padding: 1rem 0 3rem; color: var(--soft); font-size: .85rem; }

@media (max-width: 40rem) {
  .tools { position: static; }
  .tools input, .tools select { flex: 1 1 100%; max-width: none; }
  .states { flex-wrap: nowrap; overflow-x: auto; margin: 0 -1rem; padding: 2px 1rem; max-width: 100vw; scrollbar-width: none; }
  .count { margin-left: 0; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; }
  html { font-size: 10px; }
  body { max-width: none; padding: 0; font-size: 1rem; }
  header { padding-top: 0; }
  .tools, .skip, .play, .frame video, .note { display: none; }
  .printed { display: block; margin-bottom: .8rem; color: var(--soft); }
  .grid { grid-template-columns: repeat(3, 1fr); gap: .6rem; }
  .card { break-inside: avoid; border-top: 3px solid var(--tone); }
  .frame { display: flex; gap: .8rem; aspect-ratio: auto; padding: .5rem 1rem 0; background: none; color: var(--soft); text-align: left; place-items: start; }
  .tag { position: static; padding: 0; background: none; color: inherit; }
  .text { height: auto; padding-top: .3rem; }
  .card .prompt, .reason, .card .small.wraps { display: block; }
  .small, .maker { white-space: normal; overflow-wrap: anywhere; }
  .card, .dot, .bar i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
