/** Everything by which an SVG could run something or fetch something; each way asks `to` for a path of its own. */
export const waysOut = (to: string) => ({
  script: `<script>fetch('${to}/script'); document.title = 'ran'; new Image().src = '${to}/script-image'</script>`,
  'script of a file': `<script href="${to}/script-file.js"/>`,
  'inline handler': `<circle r="1"><animate attributeName="r" dur="1ms" onend="fetch('${to}/onend')"/></circle>`,
  'image that fails': `<image href="data:image/png,x" onerror="fetch('${to}/onerror')"/>`,
  'image of HTML': `<foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="${to}/html-image"/></foreignObject>`,
  'script of HTML': `<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml"><script>fetch('${to}/html-script')</script></body></foreignObject>`,
  frame: `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${to}/frame"/></foreignObject>`,
  object: `<foreignObject width="9" height="9"><object xmlns="http://www.w3.org/1999/xhtml" data="${to}/object"/></foreignObject>`,
  video: `<foreignObject width="9" height="9"><video xmlns="http://www.w3.org/1999/xhtml" autoplay="" src="${to}/video"/></foreignObject>`,
  'style sheet of HTML': `<link xmlns="http://www.w3.org/1999/xhtml" rel="stylesheet" href="${to}/link.css"/>`,
  prefetch: `<link xmlns="http://www.w3.org/1999/xhtml" rel="prefetch" href="${to}/prefetch"/>`,
  preload: `<link xmlns="http://www.w3.org/1999/xhtml" rel="preload" as="image" href="${to}/preload"/>`,
  refresh: `<meta xmlns="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=${to}/refresh"/>`,
  image: `<image href="${to}/image" width="9" height="9"/>`,
  'image by XLink': `<image xlink:href="${to}/xlink-image" width="9" height="9"/>`,
  'image of a filter': `<filter id="f"><feImage href="${to}/fe-image"/></filter><rect width="9" height="9" filter="url(#f)"/>`,
  use: `<use href="${to}/use.svg#a"/>`,
  import: `<style>@import url("${to}/import.css");</style>`,
  background: `<style>svg { background: url("${to}/background") }</style>`,
  pattern: `<rect width="9" height="9" fill="url(${to}/pattern.svg#a)"/>`,
  font: `<style>@font-face { font-family: f; src: url("${to}/font") } text { font-family: f }</style><text y="9">Text</text>`,
  cursor: `<style>svg { cursor: url("${to}/cursor"), auto }</style>`,
  'link of a script': `<a href="javascript:fetch('${to}/javascript')"><rect width="400" height="400" fill="#369"/></a>`,
})

/** An SVG with all of them. */
export const oddSvg = (to: string) =>
  `<?xml version="1.0"?>
<?xml-stylesheet type="text/css" href="${to}/instruction.css"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="400"
  onload="fetch('${to}/onload'); document.title = 'ran'" onclick="fetch('${to}/onclick')">
<title>still</title>
${Object.values(waysOut(to)).join('\n')}
</svg>`
