// Puts the page together: which module answers for which place, and what touches all of them.

import { createBooth } from "./booth.js";
import { createDevicePage } from "./device-page.js";
import { onDeviceChange, readDevice } from "./device.js";
import { forgetDrawings } from "./drawings.js";
import { createFace } from "./face.js";
import { createFaces } from "./faces.js";
import { find } from "./markup.js";
import { createPhotos } from "./photos.js";
import { addPlace, refreshPlace, startRouter } from "./router.js";
import { onTabs } from "./tabs.js";
import { abandonWork, resumeWork } from "./work.js";

readDevice();
const booth = createBooth();

addPlace("", { root: find("booth"), tab: "booth", title: "", show: () => booth.show("") });
addPlace("photo", { root: find("booth"), tab: "booth", title: "Drawings", show: booth.show });
addPlace("photos", { root: find("photos"), tab: "photos", title: "Photos", ...createPhotos() });
addPlace("faces", { root: find("faces"), tab: "faces", title: "Faces", ...createFaces() });
addPlace("face", { root: find("face"), tab: "faces", title: "Face", ...createFace() });
addPlace("device", { root: find("device"), tab: "device", title: "Device", ...createDevicePage({ onChange: becomeAnother }) });

onDeviceChange(becomeAnother);
onTabs((change) => {
  if (change === "everything") becomeAnother();
  else if (/^#\/(photos|faces)/.test(location.hash)) refreshPlace();
  else booth.refresh();
});
startRouter();
booth.loadStyles();
resumeWork();

/** Nothing of one device may be seen as another. */
function becomeAnother() {
  abandonWork();
  forgetDrawings();
  refreshPlace();
  resumeWork();
}
