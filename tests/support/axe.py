"""What axe is asked about a page."""

# What axe finds serious or critical, in shadow roots too. One box is left out of one rule: the one that Streamlit puts
# around a table, which scrolls and takes no attribute from us. Chromium and Firefox let keys scroll it nevertheless.
FINDINGS = """async (rules) => {
    const selector = "*:not(select, textarea, [data-testid=stTable] > div)";
    axe.configure({rules: [{id: "scrollable-region-focusable", selector}]});
    const {violations} = await axe.run({resultTypes: ["violations"], ...(rules && {runOnly: rules})});
    return violations.filter(({impact}) => impact === "serious" || impact === "critical").flatMap(({id, nodes}) =>
        nodes.map(({html, any, all, none}) => `${id}: ${[...any, ...all, ...none][0]?.message} ${html}`));
}"""
