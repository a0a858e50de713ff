package widget

import (
	"image/color"
	"image/png"
	"os"
	"testing"
)

func TestSee(t *testing.T) {
	c := newCanvas(700, 330, color.RGBA{255, 255, 255, 255})
	ink := color.RGBA{22, 25, 31, 255}
	y := 30.0
	for _, h := range []float64{8, 9, 10, 13, 26} {
		f := font{h, regular}
		c.text(f, ink, 10, y, "The quick brown fox jumps over the lazy dog 0123456789 RootUsage")
		y += f.lineHeight()
		c.text(font{h, bold}, ink, 10, y, "SIGMA ABCDEFGHIJKLMNOPQRSTUVWXYZ %&@#$*!? {[(<>)]} äöüÉñçß é 1,234.5 ms ")
		y += f.lineHeight()
	}
	c.fill(color.RGBA{200, 30, 30, 200}, circle(point{600, 290}, 30))
	c.stroke(color.RGBA{30, 30, 200, 255}, 2, []point{{10, 300}, {100, 250}, {200, 310}, {300, 260}, {301, 320}, {500, 300}})
	f, _ := os.Create("/tmp/tocsin/widget-font.png")
	png.Encode(f, c.img)
	f.Close()
}
