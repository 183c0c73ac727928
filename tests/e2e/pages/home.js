/** The first screen. */
export class Home {
  constructor(page) {
    this.page = page;
    this.promise = page.getByText("Nothing leaves this machine");
    this.topicCard = page.getByRole("region", { name: "Topic", exact: true });
    this.samples = page.getByRole("region", { name: "Samples" });
  }

  /** What went wrong with a sample. */
  get sampleProblem() {
    return this.samples.getByRole("alert");
  }

  /** Returns the button that opens a sample, by a part of its title. */
  sample(title) {
    return this.samples.getByRole("button", { name: title });
  }
}
