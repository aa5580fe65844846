// Addresses of pictures, in the size that a place on the page needs.

/** The same picture, `width` pixels wide where the gallery has smaller ones: 160, 320, 640 or 1080. */
export function sized(address, width) {
  if (!address.includes("signature=")) return address;
  return `${address}&w=${width}`;
}

/** The same picture from the gallery itself, never by way of a bucket's address, where no script may read it. */
export function unredirected(address) {
  if (!address.includes("signature=")) return address;
  return `${address}&via=gallery`;
}

/** What a picture is called when it is saved. */
export function nameFile(address, createdAt) {
  return `toonbooth-${createdAt.slice(0, 10)}.${endingOf(address)}`;
}

/** "jpg", "png" or "webp". */
export function endingOf(address) {
  return new URL(address).pathname.split(".").pop();
}

/** What stands for an entry of a list. */
export function thumbnailOf({ thumbnailUrl, imageUrl, faceUrl }) {
  return thumbnailUrl ?? sized(imageUrl ?? faceUrl, 320);
}

/** Of a picture that is cut to its place, show the part where the largest face is. */
export function showFace(picture, faces) {
  const [x, y, width, height] = findLargest(faces)?.box ?? [0.5, 0.3, 0, 0];
  picture.onload = () => {
    const ratio = picture.naturalWidth / picture.naturalHeight;
    const across = align(x + width / 2, Math.min(1, 1 / ratio));
    const down = align(y + height / 2, Math.min(1, ratio));
    picture.style.objectPosition = `${across}% ${down}%`;
  };
}

export function findLargest(faces) {
  const area = ({ box: [, , width, height] }) => width * height;
  return (faces ?? []).reduce((best, face) => (best && area(best) >= area(face) ? best : face), null);
}

/** Where a window onto `visible` of a length has to stand, in percent, to have `centre` in its middle. */
function align(centre, visible) {
  if (visible >= 1) return 50;
  return Math.round(Math.min(1, Math.max(0, (centre - visible / 2) / (1 - visible))) * 100);
}
