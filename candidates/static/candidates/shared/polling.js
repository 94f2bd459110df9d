// Ask again and again: `pause` says before each time how long to wait, and the next wait begins with the answer.
export const repeat = (ask, pause) => {
  const next = () =>
    setTimeout(async () => {
      try {
        await ask();
      } finally {
        next();
      }
    }, pause());
  next();
};
