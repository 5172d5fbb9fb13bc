// The frame id of frame_id.py on a canvas: same blocks, same bits.
window.frameId = (() => {
  const ACROSS = 40, BLOCKS = 24, MARK = [1, 0, 1, 0];
  const edge = (block, width) => Math.round((block * width) / ACROSS);
  const binary = (number, digits) => Array.from({ length: digits }, (_, i) => (number >> (digits - 1 - i)) & 1);

  function crc(number) {
    let remainder = number << 4;
    for (let place = 19; place >= 4; place--) if ((remainder >> place) & 1) remainder ^= 0b10011 << (place - 4);
    return remainder;
  }

  const bitsOf = (number) => [...MARK, ...binary(number, 16), ...binary(crc(number), 4)];

  // Draws `number` modulo 65536 through a 2D context of a canvas `width` pixels wide.
  function stamp(context, width, number) {
    bitsOf(number & 0xffff).forEach((bit, block) => {
      const left = edge(block, width);
      context.fillStyle = bit ? "#fff" : "#000";
      context.fillRect(left, 0, edge(block + 1, width) - left, Math.ceil(width / ACROSS));
    });
  }

  const scratch = new OffscreenCanvas(1, 1);
  const scratchContext = scratch.getContext("2d", { willReadFrequently: true });

  // The number drawn in a video element's picture (or a canvas's); null where there is none to be read for sure.
  function read(source) {
    const width = source.videoWidth || source.width, side = width / ACROSS;
    if (!width) return null;
    const across = edge(BLOCKS, width), down = Math.ceil(side);
    if (scratch.width !== across || scratch.height !== down) [scratch.width, scratch.height] = [across, down];
    scratchContext.drawImage(source, 0, 0, across, down, 0, 0, across, down);
    const { data } = scratchContext.getImageData(0, 0, across, down);
    const bits = [];
    for (let block = 0; block < BLOCKS; block++) {
      const left = edge(block, width), quarter = Math.floor((edge(block + 1, width) - left) / 4);
      let sum = 0, count = 0;
      for (let y = Math.floor(side / 4); y < Math.ceil((3 * side) / 4); y++)
        for (let x = left + quarter; x < edge(block + 1, width) - quarter; x++, count++) {
          const at = 4 * (y * across + x);
          sum += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
        }
      if (sum > 92 * count && sum < 160 * count) return null;
      bits.push(sum > 92 * count ? 1 : 0);
    }
    const number = parseInt(bits.slice(4, 20).join(""), 2);
    return bitsOf(number).every((bit, i) => bit === bits[i]) ? number : null;
  }

  return { stamp, read };
})()
