/** How a nucleus is drawn, an index into colours: the model has proposed it, or a person has accepted or drawn it. 0 is not drawn. */
export const proposedStyle = 1;
export const acceptedStyle = 2;
