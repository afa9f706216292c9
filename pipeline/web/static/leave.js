// Airflow shows this page in a frame that may not open windows or leave by itself: links out are followed by the page around it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.leave");
  if (!link || parent === window || event.defaultPrevented) return;
  event.preventDefault();
  const outside = parent.document.createElement("a");
  outside.href = link.href;
  if (link.target || event.ctrlKey || event.metaKey) outside.target = "_blank";
  outside.rel = "noopener";
  parent.document.body.append(outside);
  outside.click();
  outside.remove();
});
