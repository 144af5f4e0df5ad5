// Tags and notes that people have given to runs. The page shows them and filters by
// them; nst tag changes them.

const tagDim = {
  key: "tag",
  name: "tags",
  number: () => null,
  label: (run) => run.tags.join(" "),
  is: (run, value) => run.tags.some((tag) => tag.toLowerCase() === value),
};

const noteDim = {
  key: "note",
  name: "note",
  number: () => null,
  label: (run) => run.note ?? "",
};

// tagDims are what a table has columns for.
const tagDims = () =>
  [tagDim, noteDim].filter((d) => page.model.runs.some((run) => d.label(run) !== ""));

// tagChips are a run's tags; a click shows only the runs that have the tag.
function tagChips(run) {
  return run.tags.map((tag) =>
    button(
      tag,
      () => {
        viewer.box.close();
        head.search.value = page.text = "tag=" + tag;
        page.filter();
      },
      { class: "tag", title: "Show only the runs with this tag" },
    ),
  );
}
