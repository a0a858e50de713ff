package widget

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"

	"tocsin/core/expression"
)

// colors are what a widget is drawn in.
type colors struct{ back, ink, faint, grid color.RGBA }

var (
	light = colors{color.RGBA{255, 255, 255, 255}, color.RGBA{22, 25, 31, 255}, color.RGBA{84, 91, 100, 255}, color.RGBA{230, 233, 237, 255}}
	dark  = colors{color.RGBA{26, 32, 41, 255}, color.RGBA{225, 228, 232, 255}, color.RGBA{155, 163, 175, 255}, color.RGBA{55, 64, 76, 255}}
)

// palette are the colours of series that have none of their own.
var palette = []color.RGBA{
	{0x1f, 0x77, 0xb4, 255},
	{0xff, 0x7f, 0x0e, 255},
	{0x2c, 0xa0, 0x2c, 255},
	{0xd6, 0x27, 0x28, 255},
	{0x94, 0x67, 0xbd, 255},
	{0x8c, 0x56, 0x4b, 255},
	{0xe3, 0x77, 0xc2, 255},
	{0x7f, 0x7f, 0x7f, 255},
	{0xbc, 0xbd, 0x22, 255},
	{0x17, 0xbe, 0xcf, 255},
	{0xae, 0xc7, 0xe8, 255},
	{0xff, 0xbb, 0x78, 255},
	{0x98, 0xdf, 0x8a, 255},
	{0xff, 0x98, 0x96, 255},
	{0xc5, 0xb0, 0xd5, 255},
}

// A shown is one result with its look.
type shown struct {
	label  string
	color  color.RGBA
	right  bool
	series expression.Series
}

// last is the newest value.
func (s shown) last() (float64, bool) {
	if n := len(s.series.Points); n > 0 {
		return s.series.Points[n-1].Value, true
	}
	return 0, false
}

// A drawing is a widget being drawn.
type drawing struct {
	*Widget
	*canvas
	colors
	series []shown
	small  font // of axes and legends
	title  font
}

// Draw draws the widget with the results of its Set, as a PNG.
func (w *Widget) Draw(results []expression.Result) ([]byte, error) {
	d := &drawing{Widget: w, colors: light, small: font{8.6, regular}, title: font{10.5, bold}}
	if w.dark {
		d.colors = dark
	}
	d.canvas = newCanvas(w.width, w.height, d.back)
	for i, r := range results {
		s := shown{label: r.Label, color: palette[i%len(palette)], right: w.looks[r.ID].right, series: r.Series}
		if c := w.looks[r.ID].color; c != nil {
			s.color = *c
		}
		d.series = append(d.series, s)
	}
	area := d.heading(box{12, 10, float64(w.width) - 12, float64(w.height) - 8})
	switch w.view {
	case "singleValue":
		d.values(area)
	case "pie":
		d.pie(d.key(area, d.shares()))
	case "bar":
		d.bars(d.key(area, d.labels()))
	default:
		d.chart(d.key(area, d.labels()))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, d.img); err != nil {
		return nil, fmt.Errorf("write the image: %w", err)
	}
	return b.Bytes(), nil
}

// A box is a part of the canvas.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }

// heading writes the title and gives what is left.
func (d *drawing) heading(area box) box {
	if d.Widget.title == "" || area.height() < 60 {
		return area
	}
	d.text(d.title, d.ink, area.x0, area.y0+d.title.height+1, d.title.fit(d.Widget.title, area.width()))
	area.y0 += d.title.lineHeight() + 4
	return area
}

func (d *drawing) labels() []string {
	var out []string
	for _, s := range d.series {
		out = append(out, s.label)
	}
	return out
}

// key writes the legend and gives what is left. What has no room is counted.
func (d *drawing) key(area box, labels []string) box {
	const square, gap = 9, 6
	line := d.small.lineHeight()
	if d.Widget.legend == "hidden" || len(labels) == 0 || area.height() < 90 {
		return area
	}
	entry := func(x, y float64, i int, room float64) {
		d.fill(d.series[i].color, rectangle(x, y-square+0.5, x+square, y+0.5))
		d.text(d.small, d.faint, x+square+gap, y, d.small.fit(labels[i], room-square-gap))
	}
	if d.Widget.legend == "right" {
		width := min(max(area.width()*0.3, 60), 280)
		x, y := area.x1-width+12, area.y0+line
		for i := range labels {
			if y+line > area.y1 && i < len(labels)-1 {
				d.text(d.small, d.faint, x, y, fmt.Sprintf("and %d more", len(labels)-i))
				break
			}
			entry(x, y, i, area.x1-x)
			y += line
		}
		area.x1 -= width
		return area
	}
	// Rows from left to right, as many as a third of the height takes.
	most := max(int(area.height()/3/line), 1)
	type place struct{ x, row float64 }
	var places []place
	x, row := 0.0, 0
	for _, label := range labels {
		room := min(d.small.width(label), area.width()-square-gap) + square + gap + 14
		if x > 0 && x+room > area.width()+14 {
			x, row = 0, row+1
		}
		if row == most {
			break
		}
		places = append(places, place{x, float64(row)})
		x += room
	}
	rows := min(row+1, most)
	top := area.y1 - float64(rows)*line
	for i, p := range places {
		entry(area.x0+p.x, top+(p.row+0.75)*line, i, area.width()-p.x)
	}
	if rest := len(labels) - len(places); rest > 0 {
		d.textRight(d.small, d.faint, area.x1, area.y0+d.small.height, fmt.Sprintf("%d more are not named", rest))
	}
	area.y1 = top - 4
	return area
}

// nothing says that there is nothing to be shown.
func (d *drawing) nothing(area box) {
	d.textMiddle(font{10, regular}, d.faint, (area.x0+area.x1)/2, (area.y0+area.y1)/2, d.small.fit("No data available", area.width()))
}

// faded is a colour of which the background is seen through.
func faded(c color.RGBA, share float64) color.RGBA {
	c.A = uint8(255 * share)
	return c
}
