package widget

import (
	"image"
	"image/color"
	"math"
	"slices"
	"time"

	"tocsin/core/expression"
)

// A plot is the part of a chart between its axes.
type plot struct {
	box
	start, end  float64 // milliseconds since 1970
	left, right scale
	hasRight    bool
}

func (p plot) x(t float64) float64 { return p.x0 + (t-p.start)/(p.end-p.start)*p.width() }

func (p plot) y(v float64, right bool) float64 {
	s := p.left
	if right {
		s = p.right
	}
	// Far outside is as good as outside, and never overflows.
	return p.y1 - min(max(s.share(v), -10), 10)*p.height()
}

// chart draws time series with their axes.
func (d *drawing) chart(area box) {
	layers := d.layers()
	p := d.axes(area, layers)
	d.within(image.Rect(int(p.x0)-1, int(p.y0)-1, int(math.Ceil(p.x1))+2, int(math.Ceil(p.y1))+2), func() {
		d.areas(p)
		for _, l := range slices.Backward(layers) {
			d.layer(p, l)
		}
	})
	d.lines(p)
	if !slices.ContainsFunc(d.series, func(s shown) bool { return len(s.series.Points) > 0 }) {
		d.nothing(p.box)
	}
}

// A layer is one series as it is drawn: stacked, it lies on those below it.
type layer struct {
	shown
	top, bottom []expression.Point
}

// layers are the series from the lowest on.
func (d *drawing) layers() []layer {
	var out []layer
	heights := map[bool]map[int64]float64{false: {}, true: {}}
	var all []int64
	for _, s := range d.series {
		for _, p := range s.series.Points {
			all = append(all, p.Time)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, s := range d.series {
		l := layer{shown: s, top: s.series.Points}
		if d.stacked && len(s.series.Points) > 0 {
			l.top = nil
			own := map[int64]float64{}
			for _, p := range s.series.Points {
				own[p.Time] = p.Value
			}
			on := heights[s.right]
			for _, t := range all { // what one lacks is nothing on the others
				l.bottom = append(l.bottom, expression.Point{Time: t, Value: on[t]})
				on[t] += own[t]
				l.top = append(l.top, expression.Point{Time: t, Value: on[t]})
			}
		}
		out = append(out, l)
	}
	return out
}

// extent is the least and the greatest value on one side.
func (d *drawing) extent(layers []layer, right bool) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	take := func(v float64) { low, high = min(low, v), max(high, v) }
	for _, l := range layers {
		if l.right != right {
			continue
		}
		for _, p := range l.top {
			take(p.Value)
		}
		if d.stacked && len(l.top) > 0 {
			take(0)
		}
	}
	for _, a := range d.horizontal {
		if a.right == right {
			take(a.from)
			take(a.to)
		}
	}
	return low, high
}

// axes draws the axes and the grid, and tells what lies between.
func (d *drawing) axes(area box, layers []layer) plot {
	p := plot{box: area, start: float64(d.Start.UnixMilli()), end: float64(d.End.UnixMilli())}
	line := d.small.lineHeight()
	if d.left.Label != "" || d.right.Label != "" {
		p.y0 += line
	}
	p.y0 += d.small.height / 2
	p.y1 -= line
	ticks := max(int(p.height()/44), 1)
	low, high := d.extent(layers, false)
	p.left = newScale(low, high, d.left, ticks)
	p.hasRight = slices.ContainsFunc(layers, func(l layer) bool { return l.right })
	low, high = d.extent(layers, true)
	p.right = newScale(low, high, d.right, ticks)
	widest := func(s scale) float64 {
		w := 0.0
		for _, t := range s.ticks {
			w = max(w, d.small.width(short(t, s.step)))
		}
		return w + 6
	}
	p.x0 += widest(p.left)
	if p.hasRight {
		p.x1 -= widest(p.right)
	} else {
		p.x1 -= 6
	}
	half := d.small.height / 2
	for _, t := range p.left.ticks {
		y := math.Round(p.y(t, false)) + 0.5
		d.stroke(d.grid, 1, []point{{p.x0, y}, {p.x1, y}})
		d.textRight(d.small, d.faint, p.x0-4, y+half, short(t, p.left.step))
	}
	if p.hasRight {
		for _, t := range p.right.ticks {
			d.text(d.small, d.faint, p.x1+4, p.y(t, true)+half, short(t, p.right.step))
		}
	}
	d.text(d.small, d.faint, area.x0, area.y0+d.small.height, d.small.fit(d.left.Label, area.width()/2))
	d.textRight(d.small, d.faint, area.x1, area.y0+d.small.height, d.small.fit(d.right.Label, area.width()/2))
	at, names := timeTicks(d.Start, d.End, d.Zone, int(p.width()/64))
	for i, t := range at {
		x := math.Round(p.x(float64(t.UnixMilli()))) + 0.5
		d.stroke(d.faint, 1, []point{{x, p.y1}, {x, p.y1 + 4}})
		half := d.small.width(names[i]) / 2
		if x-half > area.x0-8 && x+half < area.x1+8 {
			d.textMiddle(d.small, d.faint, x, p.y1+line-1, names[i])
		}
	}
	d.stroke(d.faint, 1, []point{{p.x0, math.Round(p.y1) + 0.5}, {p.x1, math.Round(p.y1) + 0.5}})
	return p
}

// layer draws one series: lines between neighbouring periods, and a dot where there
// is no neighbour.
func (d *drawing) layer(p plot, l layer) {
	on := func(v expression.Point) point { return point{p.x(float64(v.Time)), p.y(v.Value, l.right)} }
	if d.stacked {
		var shape []point
		for _, v := range l.top {
			shape = append(shape, on(v))
		}
		for _, v := range slices.Backward(l.bottom) {
			shape = append(shape, on(v))
		}
		d.bands(faded(l.color, 0.55), shape)
	}
	gap := l.series.Period + l.series.Period/2
	var lines [][]point
	for i, v := range l.top {
		far := i == 0 || gap > 0 && !d.stacked && time.Duration(v.Time-l.top[i-1].Time)*time.Millisecond > gap
		if far {
			lines = append(lines, nil)
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], on(v))
	}
	for _, stretch := range lines {
		if len(stretch) == 1 {
			d.fill(l.color, circle(stretch[0], 2.4))
			continue
		}
		if float64(len(stretch)) > 2*(stretch[len(stretch)-1].x-stretch[0].x) {
			d.crowd(l.color, stretch)
			continue
		}
		d.stroke(l.color, 1.7, stretch)
	}
}

// crowd draws a line with more points than columns of pixels: in each column from its
// lowest to its highest.
func (d *drawing) crowd(c color.RGBA, line []point) {
	d.dirty = image.Rectangle{}
	for i := 0; i < len(line); {
		from := max(i-1, 0) // it comes from the column before
		low, high := line[from].y, line[from].y
		x := math.Floor(line[i].x)
		for ; i < len(line) && math.Floor(line[i].x) == x; i++ {
			low, high = min(low, line[i].y), max(high, line[i].y)
		}
		d.column(int(x), low-0.85, high+0.85)
	}
	d.paint(c)
}

// bands fills the shape between two lines that run alike, column by column, since
// they may cross.
func (d *drawing) bands(c color.RGBA, shape []point) {
	n := len(shape) / 2
	var parts [][]point
	for i := 0; i+1 < n; i++ {
		parts = append(parts, []point{shape[i], shape[i+1], shape[2*n-2-i], shape[2*n-1-i]})
	}
	if n == 1 {
		parts = append(parts, rectangle(shape[0].x-2, shape[0].y, shape[0].x+2, shape[1].y))
	}
	d.fill(c, parts...)
}

// areas fills what annotations mark.
func (d *drawing) areas(p plot) {
	for _, a := range d.horizontal {
		y0, y1 := p.y(a.to, a.right), p.y(a.from, a.right)
		switch a.fill {
		case "above":
			y0 = p.y0
		case "below":
			y1 = p.y1
		default:
			if !a.band {
				continue
			}
		}
		d.fill(faded(a.color, 0.13), rectangle(p.x0, y0, p.x1, y1))
	}
	for _, a := range d.vertical {
		x0, x1 := p.x(a.from), p.x(a.to)
		switch a.fill {
		case "before":
			x0 = p.x0
		case "after":
			x1 = p.x1
		default:
			if !a.band {
				continue
			}
		}
		d.fill(faded(a.color, 0.13), rectangle(x0, p.y0, x1, p.y1))
	}
}

// lines draws the lines of annotations with their labels.
func (d *drawing) lines(p plot) {
	for _, a := range d.horizontal {
		for i, v := range slices.Compact([]float64{a.to, a.from}) {
			y := math.Round(p.y(v, a.right)) + 0.5
			if y < p.y0-1 || y > p.y1+1 {
				continue
			}
			d.stroke(a.color, 1.3, dashed(point{p.x0, y}, point{p.x1, y}, 5, 4)...)
			if i > 0 || a.label == "" {
				continue
			}
			label, under := d.small.fit(a.label, p.width()), y-4
			if under-d.small.height < p.y0 {
				under = y + d.small.height + 4
			}
			d.textRight(d.small, a.color, p.x1, under, label)
		}
	}
	for _, a := range d.vertical {
		for i, t := range slices.Compact([]float64{a.from, a.to}) {
			x := math.Round(p.x(t)) + 0.5
			if x < p.x0-1 || x > p.x1+1 {
				continue
			}
			d.stroke(a.color, 1.3, dashed(point{x, p.y0}, point{x, p.y1}, 5, 4)...)
			if i > 0 || a.label == "" {
				continue
			}
			label := d.small.fit(a.label, p.width()/2)
			if x+d.small.width(label)+4 > p.x1 {
				d.textRight(d.small, a.color, x-4, p.y0+d.small.height, label)
			} else {
				d.text(d.small, a.color, x+4, p.y0+d.small.height, label)
			}
		}
	}
}
