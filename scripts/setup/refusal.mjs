// Set-up cannot go on, for a reason that a person can remove.
// Its message is all that is shown, so it must name the thing, what is wrong with it, and the remedy; a stack would only hide that.

export class Refusal extends Error {
  name = 'Refusal';
}
