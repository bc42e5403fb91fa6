/** The style of all pages. Colours have a contrast of at least 4.5, in the light and in the dark. */
export const style = `
:root {
  color-scheme: light dark;
  --text: #1d2330; --soft: #565e70; --line: #c9ced9; --page: #f4f5f8; --card: #fff;
  --accent: #2f4fb3; --on-accent: #fff; --bad: #a3212b; --bad-back: #fdecec; --good: #17602f; --good-back: #e6f5ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e7e9ef; --soft: #a9b0c0; --line: #444c5e; --page: #14171d; --card: #1e222b;
    --accent: #9db2ff; --on-accent: #10162b; --bad: #ff9aa0; --bad-back: #3a1d21; --good: #8fdca6; --good-back: #17301f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif;
}
.bar, main { max-width: 30rem; margin: 0 auto; padding: 0 1rem; }
.wide .bar, .wide main { max-width: 44rem; }
.bar { display: flex; justify-content: space-between; align-items: center; padding-top: 1rem; }
.brand { font-weight: 700; letter-spacing: .02em; color: var(--text); text-decoration: none; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 1rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; }
a { color: var(--accent); }
section, .card {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin: 0 0 1rem;
}
section > :last-child, .card > :last-child { margin-bottom: 0; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input {
  width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--page); border: 1px solid var(--soft); border-radius: .5rem;
}
input[aria-invalid] { border-color: var(--bad); }
input[readonly] { border-style: dashed; }
.field { margin-bottom: 1rem; }
.hint { font-size: .9rem; color: var(--soft); margin: .25rem 0 0; }
.wrong { font-size: .9rem; color: var(--bad); margin: .25rem 0 0; }
button, .button {
  display: inline-block; min-height: 2.75rem; padding: .5rem 1.1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .5rem;
  text-align: center; text-decoration: none;
}
button.plain, .button.plain { color: var(--accent); background: transparent; }
.narrow button, .narrow .button { width: 100%; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none !important; }
.alert, .notice { border-radius: .5rem; padding: .75rem 1rem; }
.alert { color: var(--bad); background: var(--bad-back); }
.notice { color: var(--good); background: var(--good-back); }
.or { display: flex; align-items: center; gap: .75rem; color: var(--soft); margin: 1rem 0; }
.or::before, .or::after { content: ''; flex: 1; border-top: 1px solid var(--line); }
.more { text-align: center; color: var(--soft); margin-top: 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); }
dd { margin: 0; }
ul.rows { list-style: none; padding: 0; margin: 0 0 1rem; }
ul.rows li {
  display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; justify-content: space-between;
  padding: .6rem 0; border-top: 1px solid var(--line);
}
ul.rows li:first-child { border-top: 0; }
.about { color: var(--soft); font-size: .9rem; display: block; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
.actions form { margin: 0; }
code { display: block; padding: .75rem; background: var(--page); border-radius: .5rem; white-space: pre-wrap; }
@media (max-width: 26rem) { .actions > *, .actions button, .actions .button { width: 100%; } }
`
