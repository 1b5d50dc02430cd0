// What a score means, as iqa_cli/meaning.py has it: the level in words, and its place among photographs.

function levelOf(score) {
  if (!data.words.length) return "";
  return data.words[Math.min(Math.max(Math.floor(score + 0.5), 1), 5) - 1];
}

/** Percent of the photographs that score lower, between the quantiles on a straight line. */
function percentBelow(score, scores) {
  const place = scores.filter((each) => each <= score).length;
  const steps = scores.length - 1;
  if (place === 0) return 0;
  if (place === steps + 1) return 100;
  const [low, high] = scores.slice(place - 1, place + 1);
  return (100 * (place - 1 + (score - low) / (high - low))) / steps;
}

/** "better than 41 % of BIQ2021"; empty where the model's scores of photographs are not known. */
function amongPhotographs(score) {
  if (!data.percentiles) return "";
  const below = percentBelow(score, data.percentiles.scores);
  const better = Math.min(data.higher ? below : 100 - below, data.mostPercent);
  return `better than ${Math.floor(better)} % of ${data.percentiles.photographs}`;
}
