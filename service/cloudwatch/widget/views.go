package widget

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// values draws the newest value of each series, in columns and rows.
func (d *drawing) values(area box) {
	if len(d.series) == 0 {
		d.nothing(area)
		return
	}
	// As many columns as make the cells about three times as wide as high.
	columns := min(max(int(math.Round(math.Sqrt(float64(len(d.series))*area.width()/area.height()/2))), 1), len(d.series))
	rows := (len(d.series) + columns - 1) / columns
	width, height := area.width()/float64(columns), area.height()/float64(rows)
	for i, s := range d.series {
		cell := box{x0: area.x0 + float64(i%columns)*width, y0: area.y0 + float64(i/columns)*height}
		cell.x1, cell.y1 = cell.x0+width-10, cell.y0+height-6
		d.value(cell, s)
	}
}

func (d *drawing) value(cell box, s shown) {
	text := "--"
	if v, ok := s.last(); ok {
		if text = short(v, 0); d.precise {
			text = grouped(strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	size := min(cell.height()*0.38, 46)
	for size > 8 && (font{size, regular}).width(text) > cell.width() {
		size--
	}
	label := d.small
	if cell.height() < 3*label.lineHeight() {
		label.height = max(cell.height()/5, 4)
		size = min(size, cell.height()*0.45)
	}
	middle := cell.y0 + cell.height()*0.42
	if d.sparkline && cell.height() > 70 {
		d.spark(box{cell.x0, cell.y0 + cell.height()*0.72, cell.x1, cell.y1}, s)
		middle = cell.y0 + cell.height()*0.28
	}
	d.text(font{size, regular}, d.ink, cell.x0, middle+size/2, (font{size, regular}).fit(text, cell.width()))
	y := middle + size/2 + label.lineHeight() + 2
	d.fill(s.color, rectangle(cell.x0+1, y-label.height+0.5, cell.x0+1+label.height, y+0.5))
	d.text(label, d.faint, cell.x0+label.height+7, y, label.fit(s.label, cell.width()-label.height-7))
}

// spark draws a series without axes.
func (d *drawing) spark(area box, s shown) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range s.series.Points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	if len(s.series.Points) < 2 {
		return
	}
	room := max(high-low, 1e-300)
	var line []point
	for _, p := range s.series.Points {
		x := area.x0 + area.width()*float64(time.UnixMilli(p.Time).Sub(d.Start))/float64(d.End.Sub(d.Start))
		line = append(line, point{min(max(x, area.x0), area.x1), area.y1 - 2 - (p.Value-low)/room*(area.height()-4)})
	}
	under := [][]point{}
	for i := 1; i < len(line); i++ {
		under = append(under, []point{line[i-1], line[i], {line[i].x, area.y1}, {line[i-1].x, area.y1}})
	}
	d.fill(faded(s.color, 0.15), under...)
	d.stroke(s.color, 1.5, line)
}

// bars draws the newest value of each series as a bar.
func (d *drawing) bars(area box) {
	low, high := 0.0, 0.0
	any := false
	for _, s := range d.series {
		if v, ok := s.last(); ok {
			low, high, any = min(low, v), max(high, v), true
		}
	}
	if !any {
		d.nothing(area)
		return
	}
	p := plot{box: area}
	p.y0 += 2 * d.small.lineHeight()
	p.y1 -= 6
	if low < 0 { // for the value below the bar
		p.y1 -= d.small.lineHeight()
	}
	p.left = newScale(low, high, d.left, max(int(p.height()/44), 1))
	widest := 0.0
	for _, t := range p.left.ticks {
		widest = max(widest, d.small.width(short(t, p.left.step)))
	}
	p.x0 += widest + 6
	for _, t := range p.left.ticks {
		y := math.Round(p.y(t, false)) + 0.5
		d.stroke(d.grid, 1, []point{{p.x0, y}, {p.x1, y}})
		d.textRight(d.small, d.faint, p.x0-4, y+d.small.height/2, short(t, p.left.step))
	}
	d.text(d.small, d.faint, area.x0, area.y0+d.small.height, d.small.fit(d.left.Label, area.width()))
	each := p.width() / float64(len(d.series))
	zero := p.y(min(max(0, p.left.low), p.left.high), false)
	for i, s := range d.series {
		v, ok := s.last()
		if !ok {
			continue
		}
		middle := p.x0 + each*(float64(i)+0.5)
		half := min(each*0.36, 45)
		y := min(max(p.y(v, false), p.y0), p.y1)
		d.fill(s.color, rectangle(middle-half, min(y, zero), middle+half, max(y, zero)))
		if text := short(v, 0); d.small.width(text) < each {
			at := min(y, zero) - 5
			if v < 0 {
				at = max(y, zero) + d.small.height + 5
			}
			d.textMiddle(d.small, d.ink, middle, at, text)
		}
	}
	d.stroke(d.faint, 1, []point{{p.x0, math.Round(zero) + 0.5}, {p.x1, math.Round(zero) + 0.5}})
	d.lines(plot{box: p.box, left: p.left, right: p.left, start: 1, end: 2})
}

// total is the sum of the newest values above zero, of which a pie is made.
func (d *drawing) total() float64 {
	var total float64
	for _, s := range d.series {
		if v, ok := s.last(); ok && v > 0 {
			total += v
		}
	}
	return total
}

// shares are the labels of a pie's legend.
func (d *drawing) shares() []string {
	total := d.total()
	var out []string
	for _, s := range d.series {
		label := s.label
		if v, ok := s.last(); ok && v > 0 {
			label = fmt.Sprintf("%s  %s (%.1f%%)", s.label, short(v, 0), 100*v/total)
		}
		out = append(out, label)
	}
	return out
}

// pie draws the newest values as parts of a ring.
func (d *drawing) pie(area box) {
	total := d.total()
	if total <= 0 {
		d.nothing(area)
		return
	}
	radius := max(min(area.width(), area.height())/2-6, 4)
	center := point{(area.x0 + area.x1) / 2, (area.y0 + area.y1) / 2}
	from := -math.Pi / 2
	for _, s := range d.series {
		v, ok := s.last()
		if !ok || v <= 0 {
			continue
		}
		to := from + 2*math.Pi*v/total
		// In parts of at most an eighth, so that no part of the ring winds around itself.
		var parts [][]point
		for a := from; a < to-1e-9; {
			b := min(a+math.Pi/4, to)
			ring := arc(center, radius, a, b)
			inner := arc(center, radius*0.58, b, a)
			parts = append(parts, append(ring, inner...))
			a = b
		}
		d.fill(s.color, parts...)
		from = to
	}
	from = -math.Pi / 2
	if len(d.series) > 1 {
		for _, s := range d.series {
			if v, ok := s.last(); ok && v > 0 && v < total {
				in, out := arc(center, radius*0.57, from, from)[0], arc(center, radius+1, from, from)[0]
				d.stroke(d.back, 1.6, []point{in, out})
				from += 2 * math.Pi * v / total
			}
		}
	}
	size := min(radius*0.28, 30)
	d.textMiddle(font{size, regular}, d.ink, center.x, center.y+size/2, (font{size, regular}).fit(short(total, 0), radius))
}
