"""A given picture and its mask laid on what is drawn, and what was drawn put back into the picture.

    lay        files → picture and mask of width × height
    finished   pixels that came out → pixels of the image, with what the mask keeps untouched

Works on pixels of 8 bits, on the CPU. Latents are `canvas`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageChops, ImageFilter, ImageOps

from inference.protocol import (
    AROUND_THE_MASK,
    Fit,
    GenerationParameters,
    InvalidParameters,
    MaskedArea,
    Pictures,
)
from inference.stages.files import Size, opened

_LANCZOS: Final = Image.Resampling.LANCZOS
_WHITE: Final = 255

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Region:
    """The part `box` (left, top, right, bottom) of a `picture` that is drawn larger or smaller than it is there.

    `mask` L says how much of what was drawn goes back into the box; it is of the box's size.
    """

    picture: Image.Image
    box: Box
    mask: Image.Image


@dataclass(frozen=True)
class Easel:
    """What is drawn over: `picture` RGB and `mask` L, both of width × height; the mask is white where anew, soft at its edge.

    With a `region` both are a part of a larger picture.
    """

    picture: Image.Image
    mask: Image.Image | None = None
    region: Region | None = None

    @property
    def pixels(self) -> torch.Tensor:
        """The picture, uint8 [3, height, width]."""
        return torch.from_numpy(np.array(self.picture)).permute(2, 0, 1)

    @property
    def masked(self) -> torch.Tensor | None:
        """The mask, uint8 [1, height, width]."""
        return None if self.mask is None else torch.from_numpy(np.array(self.mask)).unsqueeze(0)

    def finished(self, drawn: torch.Tensor) -> torch.Tensor:
        """Return `drawn` uint8 [3, height, width] with what the mask keeps as it was given, uint8 [3, h, w].

        Only with a region is that of another size: the size of the picture that it is a part of.
        """
        if self.mask is None:
            return drawn
        image = Image.fromarray(drawn.permute(1, 2, 0).contiguous().cpu().numpy())
        if self.region is None:
            image = Image.composite(image, self.picture, self.mask)
        else:
            image = _put_back(self.region, image)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def lay(parameters: GenerationParameters, pictures: Pictures) -> Easel | None:
    """Return what `parameters`, which are complete, draw over; None if they draw on nothing.

    Raises:
        InvalidParameters: A file is no picture, or nothing of the mask is to be drawn anew.
    """
    if pictures.init_image is None:
        return None
    given = opened("init_image", pictures.init_image).convert("RGB")
    mask = _mask_in(parameters, pictures, given.size)
    size = (parameters.width, parameters.height)
    if mask is not None and parameters.masked_area is MaskedArea.MASKED:
        return _close_up(given, mask, size, parameters.mask_blur)
    inside = _inside(parameters)
    picture = fitted(given, (inside[2] - inside[0], inside[3] - inside[1]), parameters.fit)
    if mask is not None:
        mask = _fitted_mask(mask, picture.size, parameters.fit)
    if picture.size != size:
        picture, mask = _extended(picture, mask, size, inside)
    return Easel(picture, None if mask is None else _softened(mask, parameters.mask_blur))


def _mask_in(
    parameters: GenerationParameters, pictures: Pictures, size: Size
) -> Image.Image | None:
    """Return the mask as large as the picture that it is about."""
    if pictures.mask is None:
        return None
    mask = opened("mask", pictures.mask).convert("L")
    if parameters.invert_mask:
        mask = ImageChops.invert(mask)
    if mask.getbbox() is None:
        raise InvalidParameters(
            "pictures.mask is black all over, so that nothing would be drawn anew; paint white where it should, "
            "or set invert_mask"
        )
    return mask if mask.size == size else mask.resize(size, Image.Resampling.BILINEAR)


def _inside(parameters: GenerationParameters) -> Box:
    """Return the part of what is drawn that the picture reaches."""
    margins = parameters.outpaint
    if margins is None:
        return (0, 0, parameters.width, parameters.height)
    return (
        margins.left,
        margins.top,
        parameters.width - margins.right,
        parameters.height - margins.bottom,
    )


def fitted(picture: Image.Image, size: Size, fit: Fit) -> Image.Image:
    """Return a picture brought to `size`; what it does not reach is its edge, continued."""
    match fit:
        case Fit.CROP:
            return ImageOps.fit(picture, size, _LANCZOS)
        case Fit.STRETCH:
            return picture if picture.size == size else picture.resize(size, _LANCZOS)
        case Fit.PAD:
            whole = ImageOps.contain(picture, size, _LANCZOS)
            return (
                whole if whole.size == size else _on_larger(whole, size, _centred(whole.size, size))
            )


def _fitted_mask(mask: Image.Image, size: Size, fit: Fit) -> Image.Image:
    match fit:
        case Fit.CROP:
            return ImageOps.fit(mask, size, Image.Resampling.BILINEAR)
        case Fit.STRETCH:
            return mask.resize(size, Image.Resampling.BILINEAR)
        case Fit.PAD:
            return ImageOps.pad(mask, size, Image.Resampling.BILINEAR, color=0)


def _extended(
    picture: Image.Image, mask: Image.Image | None, size: Size, inside: Box
) -> tuple[Image.Image, Image.Image]:
    """Return a picture continued to `size` from `inside`, and the mask of what it did not reach."""
    outside = Image.new("L", size, _WHITE)
    outside.paste(mask if mask is not None else 0, inside)
    return _on_larger(picture, size, inside), outside


def _on_larger(picture: Image.Image, size: Size, at: Box) -> Image.Image:
    """Return `picture` at its place on a larger one, its edges drawn out and blurred: something to begin from."""
    left, top, right, bottom = at
    sides = ((top, size[1] - bottom), (left, size[0] - right), (0, 0))
    continued = Image.fromarray(np.pad(np.array(picture), sides, mode="edge"))
    widest = max(max(pair) for pair in sides)
    blurred = continued.filter(ImageFilter.GaussianBlur(widest / 8))
    blurred.paste(picture, at)
    return blurred


def _centred(inner: Size, outer: Size) -> Box:
    left, top = ((outer[axis] - inner[axis]) // 2 for axis in (0, 1))
    return (left, top, left + inner[0], top + inner[1])


def _close_up(given: Image.Image, mask: Image.Image, size: Size, blur: int) -> Easel:
    """Return the part of a picture around its mask, in the shape of `size` and brought to it."""
    box = around(mask.getbbox() or (0, 0, *given.size), size, given.size)
    picture = given.resize(size, _LANCZOS, box=box)
    there = mask.crop(box)
    back = _softened(there, blur * there.width / size[0])
    return Easel(picture, there.resize(size, Image.Resampling.BILINEAR), Region(given, box, back))


def around(masked: Box, shape: Size, whole: Size) -> Box:
    """Return a box around `masked` with some room, in the proportions of `shape` where `whole` has room for that."""
    left, top, right, bottom = (
        max(0, masked[0] - AROUND_THE_MASK),
        max(0, masked[1] - AROUND_THE_MASK),
        min(whole[0], masked[2] + AROUND_THE_MASK),
        min(whole[1], masked[3] + AROUND_THE_MASK),
    )
    width = max(right - left, round((bottom - top) * shape[0] / shape[1]))
    height = max(bottom - top, round((right - left) * shape[1] / shape[0]))
    x, wide = _widened(left, right, width, whole[0])
    y, high = _widened(top, bottom, height, whole[1])
    return (x, y, wide, high)


def _widened(low: int, high: int, wanted: int, most: int) -> tuple[int, int]:
    """Return a span of `wanted` that has low to high in it and stays within 0 to `most`."""
    length = min(wanted, most)
    start = min(max(0, (low + high - length) // 2), most - length)
    return start, start + length


def _softened(mask: Image.Image, blur: float) -> Image.Image:
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask


def _put_back(region: Region, image: Image.Image) -> Image.Image:
    whole = region.picture.copy()
    fitting = image if image.size == region.mask.size else image.resize(region.mask.size, _LANCZOS)
    whole.paste(fitting, region.box, region.mask)
    return whole
