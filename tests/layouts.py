"""Miniature copies of the public datasets in their official layouts, made by the real file writers.

Every writer takes the folder to fill and the `size` of the pictures: a side, or width and height.
Scores fall as the distortion grows, so that there is something to learn.
"""

import csv

import numpy as np
from openpyxl import Workbook
from PIL import Image
from scipy.io import savemat

LIVE_FOLDERS = {"jp2k": (227, 58), "jpeg": (233, 58), "wn": (174, 29), "gblur": (174, 29), "fastfading": (174, 29)}
CSIQ_TYPES = {
    "noise": ("AWGN", "AWGN"),
    "blur": ("blur", "BLUR"),
    "contrast": ("contrast", "contrast"),
    "fnoise": ("fnoise", "fnoise"),
    "jpeg": ("jpeg", "JPEG"),
    "jpeg 2000": ("jpeg2000", "jpeg2000"),
}


def save_picture(path, size, content=0, strength=0.0):
    """A smooth picture of its own for each `content`, under noise of that `strength` (0 to 1)."""
    width, height = (size, size) if isinstance(size, int) else size
    rng = np.random.default_rng(content)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    noisy = smooth + 128 * strength * rng.standard_normal(smooth.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path)


def write_csv(path, header, rows, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file, **options).writerows([*([header] if header else []), *rows])


def write_live(root, size=8, realigned=True):
    """All 982 rows, which the vectors must have: in each folder the copies of references come first.

    The DMOS of a row is a tenth of its position; names are padded with blanks.
    """
    for number, name in enumerate(("bikes.bmp", "ocean.bmp")):
        save_picture(root / "refimgs" / name, size, number)
    names, orgs = [], []
    for folder, (count, copies) in LIVE_FOLDERS.items():
        save_picture(root / folder / "img1.bmp", size, 0, 0.2)
        content = (root / folder / "img1.bmp").read_bytes()
        for number in range(1, count + 1):
            (root / folder / f"img{number}.bmp").write_bytes(content)
            names.append(("bikes.bmp", "ocean.bmp")[number % 2].ljust(14))
            orgs.append(int(number <= copies))
    dmos = np.arange(len(names)) / 10
    if realigned:
        labels = {"dmos_new": dmos, "dmos_std": np.full(len(names), 5.5), "orgs": orgs}
        savemat(root / "dmos_realigned.mat", labels)
    savemat(root / "dmos.mat", {"dmos": dmos + 0.01, "orgs": orgs})
    savemat(root / "refnames_all.mat", {"refnames_all": np.array(names, dtype=object)[None]})


def write_tid2008(root, references=2, size=8):
    write_tid(root, references, types=17, levels=4, size=size)


def write_tid2013(root, references=2, size=8):
    write_tid(root, references, types=24, levels=5, size=size)


def write_tid(root, references, types, levels, size):
    """Upper and lower case as they come: the last reference and the distorted images of type 1."""
    lines, stds = [], []
    for reference in range(1, references + 1):
        name = f"I{reference:02d}.BMP" if reference < references else f"i{reference:02d}.bmp"
        save_picture(root / "reference_images" / name, size, reference)
        for type in range(1, types + 1):
            for level in range(1, levels + 1):
                label = f"I{reference:02d}_{type:02d}_{level}.bmp"
                on_disk = label.lower() if type == 1 else label
                save_picture(root / "distorted_images" / on_disk, size, reference, level / 10)
                lines.append(f"{7 - level + type / 100:.5f} {label}")
                stds.append(f"{level / 10:.5f}")
    (root / "mos_with_names.txt").write_text("\n".join(lines) + "\n")
    (root / "mos_std.txt").write_text("\n".join(stds) + "\n")


def write_csiq(root, size=8):
    """Two references, one named by a number; the header of the sheet is on row 4, from column D."""
    book = Workbook()
    book.active.title = "all_by_distortion"
    sheet = book.create_sheet("all_by_image")
    sheet["A1"] = "CSIQ DMOS by image"
    sheet.append([])
    header = ["image", "dst_idx", "dst_type", "dst_lev", "dmos_std", "dmos"]
    for column, title in enumerate(header, start=4):
        sheet.cell(4, column, title)
    for content, picture in enumerate((1600, "aerial_city")):
        save_picture(root / "src_imgs" / f"{picture}.png", size, content)
        for index, (type, (folder, token)) in enumerate(CSIQ_TYPES.items(), start=1):
            for level in range(1, 6):
                save_picture(root / "dst_imgs" / folder / f"{picture}.{token}.{level}.png", size, content, level / 10)
                sheet.append([None, None, None, picture, index, type, level, 0.05, level / 8])
    book.save(root / "csiq.DMOS.xlsx")


def write_ivc(root, size=8):
    rows = []
    for content, name in enumerate(("avion", "barba")):
        save_picture(root / "color" / f"{name}.bmp", size, content)
        for kind in ("j2000_r", "jpeg_r", "jpeg_lumichr_r", "lar_r", "flou_f"):
            for level in range(1, 6):
                image = f"{name}_{kind}{level}.bmp"
                save_picture(root / "color" / image, size, content, level / 10)
                rows.append([image, 5 - 0.8 * level])
    write_csv(root / "scores.csv", ["image", "mos"], rows)


def write_toyama(root, size=8):
    """With the reference rows, which the redistributed table has too."""
    lines = ["dis_img_path,dis_type,ref_img_path,score"]
    for content, name in enumerate(("kp01", "kp03")):
        save_picture(root / "ref_imgs" / f"{name}.bmp", size, content)
        images = {f"jpeg2000/{name}_{rate:02d}_jp2.bmp": rate / 96 for rate in (0, 12, 24, 32, 48, 72, 96)}
        images |= {f"jpeg/{name}_{quality}_jpg.bmp": 1 - quality / 90 for quality in (79, 55, 37, 27, 20, 15)}
        images[f"jpeg/{name}.bmp"] = 0
        for image, strength in images.items():
            save_picture(root / image, size, content, strength / 2)
            lines.append(f"Toyama/{image},type,Toyama/ref_imgs/{name}.bmp,{4.8 - 3.5 * strength:.2f} ")
    (root / "Toyama.txt").write_text("\n".join(lines))


def write_kadid10k(root, references=2, size=8, types=25, levels=5):
    rows = []
    for reference in range(1, references + 1):
        save_picture(root / "images" / f"I{reference:02d}.png", size, reference)
        for type in range(1, types + 1):
            for level in range(1, levels + 1):
                image = f"I{reference:02d}_{type:02d}_{level:02d}.png"
                save_picture(root / "images" / image, size, reference, level / 10)
                rows.append([image, f"I{reference:02d}.png", round(5.2 - 0.8 * level, 2), 0.496])
    write_csv(root / "dmos.csv", ["dist_img", "ref_img", "dmos", "var"], rows)


def write_pipal(root, references=2, size=8, groups=7, variants=2):
    """The training part: each reference in a Distortion folder of its own, up to the four there are."""
    for reference in range(1, references + 1):
        save_picture(root / "Train_Ref" / f"A{reference:04d}.bmp", size, reference)
        rows = []
        for group in range(groups):
            for variant in range(variants):
                image = f"A{reference:04d}_{group:02d}_{variant:02d}.bmp"
                folder = root / f"Distortion_{(reference - 1) % 4 + 1}"
                save_picture(folder / image, size, reference, (group + variant) / 20)
                rows.append([image, f"{1800 - 100 * group - variant:.4f}"])
        write_csv(root / "Train_Label" / f"A{reference:04d}.txt", None, rows)


def write_pipal_unrated(root, part="Val", size=8):
    """The challenge's images without labels; `part` is Val or Test."""
    save_picture(root / f"{part}_Ref" / "A0185.bmp", size)
    for variant in range(3):
        save_picture(root / f"{part}_Distort" / f"A0185_00_{variant:02d}.bmp", size, 0, variant / 10)


def write_koniq(root, images=10, size=(16, 12), folder="1024x768", fractions=False):
    """`fractions`: the label file of the authors' GitHub page, with fractions, z-scores and sets."""
    rows = []
    for number in range(images):
        name = f"{10004473376 + number}.jpg"
        save_picture(root / folder / name, size, number, number / images)
        votes = np.random.default_rng(number).multinomial(100, _vote_shares(5 - 4 * number / images))
        mean = votes @ np.arange(1, 6) / 100
        deviation = np.repeat(np.arange(1, 6), votes).std(ddof=1)
        if fractions:
            part = ("training", "validation", "test")[number % 3]
            rows.append([name, *(votes / 100), 100, 25 * (mean - 1) + 3, deviation, part])
        else:
            rows.append([name, *votes, 100, mean, deviation, 25 * (mean - 1) + 3])
    header = ["image_name", "c1", "c2", "c3", "c4", "c5", "c_total", "MOS", "SD"]
    if fractions:
        write_csv(root / "koniq10k_distributions_sets.csv", [*header, "set"], rows)
    else:
        table = root / "koniq10k_scores_and_distributions.csv"
        write_csv(table, [*header, "MOS_zscore"], rows, quoting=csv.QUOTE_NONNUMERIC)


def _vote_shares(mean):
    weights = np.exp(-((np.arange(1, 6) - mean) ** 2))
    return weights / weights.sum()


def write_live_wild(root, images=10, size=16):
    """The seven training images come first in the vectors and have a folder of their own."""
    training = [f"t{number}.bmp" for number in range(1, 8)]
    rated = [f"{number}.{'JPG' if number % 2 else 'bmp'}" for number in range(3, 3 + images)]
    for number, name in enumerate(training):
        save_picture(root / "Images" / "trainingImages" / name, size, number)
    for number, name in enumerate(rated):
        # On disk the case of a suffix may differ from the label's.
        on_disk = name.lower() if number == 0 else name
        save_picture(root / "Images" / on_disk, size, number, number / images)
    mos = np.concatenate([np.full(7, 50.0), np.linspace(90, 5, images)])
    (root / "Data").mkdir()
    names = np.array([*training, *rated], dtype=object)[:, None]
    savemat(root / "Data" / "AllImages_release.mat", {"AllImages_release": names})
    savemat(root / "Data" / "AllMOS_release.mat", {"AllMOS_release": mos})
    savemat(root / "Data" / "AllStdDev_release.mat", {"AllStdDev_release": np.linspace(10, 20, images + 7)})


def write_biq2021(root, images=10, size=16, one_table=False):
    """`one_table`: `mos.csv` alone; else the two official parts, which end their lines in empty cells."""
    rows = []
    for number in range(images):
        name = f"ss0{number % 3 + 1} ({number}).jpg"
        save_picture(root / "Images" / name, size, number, number / images)
        rows.append([name, f"{0.95 - 0.9 * number / images:.4f}"])
    if one_table:
        write_csv(root / "mos.csv", ["image", "mos"], rows)
    else:
        for part, taken in (("Train", rows[: -images // 5]), ("Test", rows[-images // 5 :])):
            table = root / f"{part} (Images and MOS).csv"
            write_csv(table, ["Image Name", "MOS", "", ""], [[*row, "", ""] for row in taken])


def write_spaq(root, images=10, size=16):
    book = Workbook()
    book.active.append(["Image name", "MOS", "Brightness", "Colorfulness", "Contrast", "Noisiness", "Sharpness"])
    for number in range(images):
        save_picture(root / "TestImage" / f"{number + 1:05d}.jpg", size, number, number / images)
        book.active.append([f"{number + 1:05d}.jpg", 90 - 80 * number / images, 50, 50, 50, 50, 50])
    (root / "Annotations").mkdir()
    book.save(root / "Annotations" / "MOS and Image attribute scores.xlsx")


def write_bapps(root, size=16, references=3, kinds=("cnn", "traditional")):
    """Under 2afc/val, patches numbered alike in each folder, and judgements of five people as arrays of one number."""
    for place, kind in enumerate(kinds):
        folder = root / "2afc" / "val" / kind
        (folder / "judge").mkdir(parents=True)
        for number in range(references):
            name = f"{number:06d}"
            content = place * references + number
            weak, strong = (0.1, 0.6) if number % 2 else (0.6, 0.1)
            save_picture(folder / "ref" / f"{name}.png", size, content)
            save_picture(folder / "p0" / f"{name}.png", size, content, weak)
            save_picture(folder / "p1" / f"{name}.png", size, content, strong)
            share = 0.2 if number % 2 else 0.8
            np.save(folder / "judge" / f"{name}.npy", np.array([share], dtype=np.float32))


def write_pieapp(root, size=16, references=2, images=4):
    """The test part: every pair of each reference, which is among them, and scores of single images beside."""
    for number in range(references):
        reference = f"ref_{number + 1}"
        save_picture(root / "reference_images" / "test" / f"{reference}.png", size, number)
        names = [f"{reference}.png"]
        for place in range(images):
            name = f"distort_{number + 1}_noise_{('intra', 'inter')[place % 2]}_{place}.png"
            folder = root / "distorted_images" / "test" / reference
            save_picture(folder / name, size, number, (place + 1) / images)
            names.append(name)
        rows = [
            [f"{reference}.png", names[a], names[b], round(1 - 0.5 ** (b - a + 1), 3)]
            for a in range(images + 1)
            for b in range(a + 1, images + 1)
        ]
        header = ["ref. image", " distorted image A", " distorted image B", " preference for A"]
        write_csv(root / "labels" / "test" / f"{reference}_pairwise_labels.csv", header, rows)
        scores = [[f"{reference}.png", name, place] for place, name in enumerate(names)]
        write_csv(
            root / "labels" / "test" / f"{reference}_per_image_score.csv",
            ["ref. image", " distorted image", " score for distorted image"],
            scores,
        )


WRITERS = {
    "live": write_live,
    "tid2008": write_tid2008,
    "tid2013": write_tid2013,
    "csiq": write_csiq,
    "ivc": write_ivc,
    "toyama": write_toyama,
    "kadid10k": write_kadid10k,
    "pipal": write_pipal,
    "pipal-valid": write_pipal_unrated,
    "pipal-test": lambda root: write_pipal_unrated(root, "Test"),
    "koniq10k": write_koniq,
    "koniq10k-512": lambda root: write_koniq(root, folder="512x384"),
    "live-wild": write_live_wild,
    "biq2021": write_biq2021,
    "spaq": write_spaq,
    "bapps": write_bapps,
    "pieapp": write_pieapp,
}
