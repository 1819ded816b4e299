"""How a page looks: in light and dark, narrow and wide, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b2530; --faint: #5b6977; --paper: #f5f7f9; --card: #fff; --line: #d8e0e7;
  --soft: #edf1f5; --blue: #1f6fc4; --blue-soft: #e6f0fb; --amber: #a65f00; --amber-soft: #fff0d6;
  --green: #1d7f40; --green-soft: #e2f5e8; --red: #c0312f; --red-soft: #fdeaea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e9ef; --faint: #9aa8b6; --paper: #10151a; --card: #181f26;
  --line: #303b46; --soft: #232c35; --blue: #79b4f2; --blue-soft: #142c45; --amber: #f0b45a; --amber-soft: #3a2a0d;
  --green: #72cf8f; --green-soft: #12301c; --red: #f28b88; --red-soft: #3d1918; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper);
  max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2, summary { font-size: 1.05rem; font-weight: 650; margin: 0; }
code { font: .875em ui-monospace, "DejaVu Sans Mono", monospace; background: var(--soft); padding: .1em .35em;
  border-radius: .3em; }
.verdict { margin: 0 0 .75rem; padding: .6rem .9rem; border-radius: .5rem; font-weight: 650; color: var(--red);
  background: var(--red-soft); border-left: .3rem solid var(--red); }
.parts { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 1.25rem; padding: 0; list-style: none; }
.parts li { padding: .2rem .7rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card);
  font-size: .925rem; margin: 0; }
figure { margin: 0 0 1.25rem; padding: 1.1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
.lanes { display: flex; align-items: stretch; gap: .5rem; }
.lane { flex: 1.3 1 0; min-width: 0; } .lane.small { flex-grow: 1; }
.lane > h3, .group { margin: 0 0 .5rem; font-size: .75rem; font-weight: 650; letter-spacing: .05em;
  text-transform: uppercase; color: var(--faint); }
.group { margin: .75rem 0 .35rem; font-weight: 500; } h3 + .group { margin-top: 0; }
.way { flex: 0 0 3.75rem; display: flex; flex-direction: column; justify-content: center; text-align: center;
  font-size: .75rem; line-height: 1.2; color: var(--faint); }
.way::after { content: ""; height: 0; margin: .35rem .5rem 0 0; border-top: 2px solid var(--line); }
.way i { order: 2; width: 0; height: 0; margin: -.32rem 0 0 auto; border: .32rem solid transparent;
  border-left: .5rem solid var(--line); border-right: 0; }
.box { position: relative; margin: 0 0 .5rem; padding: .5rem .7rem; border: 1px solid var(--line);
  border-left: .25rem solid var(--line); border-radius: .5rem; background: var(--soft); font-size: .85rem;
  line-height: 1.35; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .5rem; }
.box b { font-size: .925rem; overflow-wrap: break-word; max-width: 100%; } .box span { display: block; }
.box em { font-style: normal; font-size: .72rem; font-weight: 650; line-height: 1.7; white-space: nowrap; }
.same em { display: none; } .more { font-size: .85rem; color: var(--faint); }
.changes { background: var(--blue-soft); border-color: var(--blue); } .changes em { color: var(--blue); }
.restarts { background: var(--amber-soft); border-color: var(--amber); } .restarts em { color: var(--amber); }
.new { background: var(--green-soft); border-color: var(--green); } .new em { color: var(--green); }
.goes, .refused { background: var(--red-soft); border-color: var(--red); } .goes em, .refused em { color: var(--red); }
.goes b { text-decoration: line-through; }
section.part, details { margin: 0 0 .75rem; padding: .9rem 1.1rem; background: var(--card);
  border: 1px solid var(--line); border-left-width: .3rem; border-radius: .5rem; }
.part.bad { border-left-color: var(--red); } .part.warn { border-left-color: var(--amber); }
.bad h2 { color: var(--red); } .warn h2 { color: var(--amber); }
summary { cursor: pointer; } summary small { font-weight: 400; color: var(--faint); }
.part p, details p { margin: .35rem 0 0; color: var(--faint); }
.part ul, details ul { margin: .4rem 0 0; padding-left: 1.2rem; } li { margin: .15rem 0; }
footer { margin-top: 1.5rem; font-size: .8rem; color: var(--faint); }
@media (max-width: 760px) { body { padding: 1.25rem .75rem 2rem; } .lanes { flex-direction: column; gap: .25rem; }
  .way { flex: none; flex-direction: row; align-items: center; gap: .5rem; padding: 0 0 .4rem; }
  .way::after, .way i { display: none; } .way::before { content: "↓"; font-size: 1.1rem; }
  .small { display: flex; flex-wrap: wrap; gap: .4rem; } .small h3 { flex: 0 0 100%; margin-bottom: 0; }
  .small .box { margin: 0; } }
@media print { body { max-width: none; padding: 0; } section.part, details, .box { break-inside: avoid; } }
"""
