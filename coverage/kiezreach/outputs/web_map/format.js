// Numbers, texts and elements in the reader's language. Texts from data become text nodes, never markup.

const page = JSON.parse(document.getElementById("map-data").textContent);
const UNKNOWN = "\u2013";
const NARROW_SPACE = "\u202f";
const LOCALES = { de: "de-DE", en: "en-GB" };
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

let language = page.language;
const formats = new Map(); // number formats are costly to make

/** The words of the language that is spoken now. */
const words = () => page.words[language];

/** A text that cannot change the order of the words around it. */
function isolated(text) {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

/** A text of the catalogue, its fields filled in. */
function say(key, fields = {}) {
  return words().texts[key].replace(/\{(\w+)\}/g, (_, name) => isolated(String(fields[name])));
}

function number(value, decimals = 0) {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  const key = language + decimals;
  if (!formats.has(key)) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    formats.set(key, new Intl.NumberFormat(LOCALES[language], digits));
  }
  return formats.get(key).format(value);
}

function percent(share, decimals = 0) {
  if (share === null || !Number.isFinite(share)) return UNKNOWN;
  return number(share * 100, decimals) + (language === "de" ? NARROW_SPACE : "") + "%";
}

/** A day as the language writes it; other texts as they are. */
function day(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const date = new Date(text);
  const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return Number.isNaN(date.getTime()) ? text : new Intl.DateTimeFormat(LOCALES[language], style).format(date);
}

function metres(value) {
  return value === null ? UNKNOWN : number(value) + NARROW_SPACE + "m";
}

/** Walking minutes at the study's speed. */
function minutes(value) {
  return number(value / page.speed) + NARROW_SPACE + say("minutes_unit");
}

function metresAndMinutes(value) {
  return value === null ? UNKNOWN : say("metres_minutes", { m: metres(value), min: minutes(value) });
}

/** Share of residents served; NaN where nobody lives. */
function share(figures, t) {
  return figures.residents > 0 ? figures.served[t] / figures.residents : NaN;
}

/** The interval of a share over all spreadings of the residents; empty where there is one alone. */
function interval(figures, t) {
  if (!figures.low || figures.low[t] === null) return "";
  const [low, high] = [figures.low[t], figures.high[t]].map((end) => percent(end, 1));
  return low === high ? "" : say("share_interval", { low: number(figures.low[t] * 100, 1), high });
}

/** The name of a thing, its id where it has none. */
const nameOf = (item) => item.name || item.id;
const levelName = (k) => words().levels[k];

/** An element; strings among the children become text. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function vector(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Put the texts of the page's frame into the language that is spoken now. */
function drawFrameTexts() {
  document.documentElement.lang = language;
  document.title = say("title", { place: page.place });
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = say(node.dataset.t, { place: page.place });
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", say(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-title]")) node.title = say(node.dataset.tTitle);
  byId("search-input").placeholder = say("search_hint");
  for (const code of ["de", "en"]) byId(`language-${code}`).setAttribute("aria-pressed", String(code === language));
}
