/** The style of the page: readable on a telephone, by day and by night, and printed. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.6rem } h2 { margin-top: 2.5rem } h3 { margin: 2.5rem 0 .5rem; overflow-wrap: anywhere } h4 { margin: 1.2rem 0 .3rem }
nav { display: flex; flex-wrap: wrap; gap: 0 2.5rem; border-block: 1px solid var(--line); padding-block: .5rem }
nav h2 { margin: .5rem 0 0; font-size: 1rem } nav ul { margin: .3rem 0 .8rem; padding-left: 1.1rem }
a { color: var(--accent) } @media (prefers-color-scheme: dark) { :root { --accent: #8ab4ff } }
code, pre { font: .9em/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: .4rem }
figure { margin: .8rem 0 } figcaption { opacity: .8 }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto }
td, th { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top }
.method { display: inline-block; min-width: 4.5rem; font-size: .85rem } .post { color: #15803d } .delete { color: #b91c1c } .get { color: var(--accent) }
@media (prefers-color-scheme: dark) { .post { color: #6ee7a0 } .delete { color: #fca5a5 } }
dt { margin-top: .6rem } dd { margin-left: 1.2rem }
:target { scroll-margin-top: 1rem; outline: 2px solid var(--accent); outline-offset: .3rem }
`;
