/** A selection as a table that other programs read. */

/** columns: [name, array of values] each; text values are quoted. */
export function csv(columns) {
  const lines = [columns.map(([name]) => name).join(",")];
  for (let i = 0; i < columns[0][1].length; i++) lines.push(columns.map(([, values]) => cell(values[i])).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

/** A spreadsheet takes text that begins with = + - @ for a formula: a quote before it keeps it text. */
function cell(value) {
  if (typeof value === "number") return value;
  return `"${value.replace(/^([=+\-@\t\r])/, "'$1").replaceAll('"', '""')}"`;
}
