// Numbers, texts and elements. Texts from data become text nodes, never markup.

const page = JSON.parse(document.getElementById("map-data").textContent);
const GERMAN = page.language === "de";
const LOCALE = GERMAN ? "de-DE" : "en-GB";
const UNKNOWN = "\u2013";
const NARROW_SPACE = "\u202f";

/** A text of the catalogue, its fields filled in. */
function say(key, fields = {}) {
  return page.texts[key].replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}

function number(value, decimals = 0) {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(LOCALE, digits).format(value);
}

function percent(share, decimals = 0) {
  if (share === null || !Number.isFinite(share)) return UNKNOWN;
  return number(share * 100, decimals) + (GERMAN ? NARROW_SPACE : "") + "%";
}

/** A day as the language writes it; other texts as they are. */
function day(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const date = new Date(text);
  const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return Number.isNaN(date.getTime()) ? text : new Intl.DateTimeFormat(LOCALE, style).format(date);
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
  return say("share_interval", { low: number(figures.low[t] * 100, 1), high: number(figures.high[t] * 100, 1) });
}

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
