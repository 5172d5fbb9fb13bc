"""Reports for people: Markdown, plots, one page of HTML, and README's tables."""
