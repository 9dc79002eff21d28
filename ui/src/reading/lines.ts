/** The JSON values of a stream of lines, each as soon as its line is whole. */
export async function* jsonLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  // A line of a page is megabytes long and comes in many chunks: joined once, at its end.
  let chunks: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
    const [rest = "", ...whole] = text.split("\n").reverse();
    for (const line of whole.reverse()) {
      chunks.push(line);
      const joined = chunks.join("");
      chunks = [];
      if (joined.trim() !== "") yield JSON.parse(joined);
    }
    chunks.push(rest);
    if (done) break;
  }
  const last = chunks.join("");
  if (last.trim() !== "") yield JSON.parse(last);
}
