package widget

import (
	"image"
	"image/color"
	"math"
)

// A point is a place on a canvas, in pixels from its upper left corner.
type point struct{ x, y float64 }

// A canvas is an image on which shapes with smooth edges are filled.
type canvas struct {
	img *image.RGBA
	// cover gathers the edges of a shape: the sum of a row up to a pixel is how much
	// of that the shape covers.
	cover []float32
	width int // of a row of cover
	clip  image.Rectangle
	// dirty bounds the pixels that cover was written for.
	dirty image.Rectangle
}

func newCanvas(width, height int, background color.RGBA) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, height)), width: width + 2}
	c.cover = make([]float32, c.width*(height+1))
	c.clip = c.img.Bounds()
	for i := range c.img.Pix {
		c.img.Pix[i] = [...]uint8{background.R, background.G, background.B, background.A}[i%4]
	}
	return c
}

// within draws with everything outside of a rectangle left as it is.
func (c *canvas) within(r image.Rectangle, draw func()) {
	before := c.clip
	c.clip = r.Intersect(before)
	draw()
	c.clip = before
}

// fill fills polygons, all of which wind the same way; where they overlap they do
// not cover more than once.
func (c *canvas) fill(col color.RGBA, polygons ...[]point) {
	c.dirty = image.Rectangle{}
	for _, p := range polygons {
		c.add(p)
	}
	c.paint(col)
}

// add adds a closed polygon to what is to be covered.
func (c *canvas) add(p []point) {
	if len(p) < 3 {
		return
	}
	var area float64
	for i, a := range p {
		b := p[(i+1)%len(p)]
		area += a.x*b.y - b.x*a.y
	}
	for i, a := range p {
		b := p[(i+1)%len(p)]
		if area < 0 { // as if it wound the other way
			a, b = b, a
		}
		c.edge(a, b)
	}
}

// edge adds one edge of a polygon: in each row that it crosses, what it covers of
// the pixels, as in scan converters of fonts.
func (c *canvas) edge(a, b point) {
	height := float64(c.img.Rect.Dy())
	if a.y == b.y || math.IsNaN(a.x+a.y+b.x+b.y) {
		return
	}
	sign := 1.0
	if a.y > b.y {
		a, b, sign = b, a, -1
	}
	slope := (b.x - a.x) / (b.y - a.y)
	top, bottom := max(a.y, 0), min(b.y, height)
	for y := math.Floor(top); y < bottom; y++ {
		from, to := max(y, top), min(y+1, bottom)
		if from >= to {
			continue
		}
		share := (to - from) * sign
		c.span(int(y), a.x+(from-a.y)*slope, a.x+(to-a.y)*slope, share)
	}
}

// span spreads one row's share of an edge, which goes from x0 to x1, over the pixels.
func (c *canvas) span(row int, x0, x1, share float64) {
	limit := float64(c.img.Rect.Dx())
	x0, x1 = min(max(x0, 0), limit), min(max(x1, 0), limit)
	if x0 > x1 {
		x0, x1 = x1, x0
	}
	cells := c.cover[row*c.width : (row+1)*c.width]
	first, last := int(x0), int(x1)
	c.dirty = c.dirty.Union(image.Rect(first, row, last+2, row+1))
	if first == last {
		part := (x0+x1)/2 - float64(first)
		cells[first] += float32(share * (1 - part))
		cells[first+1] += float32(share * part)
		return
	}
	for x := first; x <= last; x++ {
		from, to := max(x0, float64(x)), min(x1, float64(x+1))
		piece := share * (to - from) / (x1 - x0)
		part := (from+to)/2 - float64(x)
		cells[x] += float32(piece * (1 - part))
		cells[x+1] += float32(piece * part)
	}
}

// column adds one column of pixels between two heights to what is to be covered.
func (c *canvas) column(x int, from, to float64) {
	if x < 0 || x >= c.img.Rect.Dx() {
		return
	}
	from, to = max(from, 0), min(to, float64(c.img.Rect.Dy()))
	for y := math.Floor(from); y < to; y++ {
		share := float32(min(y+1, to) - max(y, from))
		cells := c.cover[int(y)*c.width:]
		cells[x] += share
		cells[x+1] -= share
	}
	if from < to {
		c.dirty = c.dirty.Union(image.Rect(x, int(from), x+2, int(math.Ceil(to))))
	}
}

// paint lays a colour over the pixels that are covered.
func (c *canvas) paint(col color.RGBA) {
	d := c.dirty.Intersect(c.img.Rect)
	for y := c.dirty.Min.Y; y < c.dirty.Max.Y; y++ {
		var sum float32
		cells := c.cover[y*c.width : (y+1)*c.width]
		for x := c.dirty.Min.X; x < min(c.dirty.Max.X, c.width); x++ {
			sum += cells[x]
			cells[x] = 0
			if x >= d.Max.X || !(image.Point{X: x, Y: y}).In(c.clip) {
				continue
			}
			switch share := math.Abs(float64(sum)); {
			case share > 1-1.0/512 && col.A == 255:
				copy(c.img.Pix[c.img.PixOffset(x, y):], []uint8{col.R, col.G, col.B, 255})
			case share > 1.0/512:
				c.blend(x, y, col, min(share, 1))
			}
		}
	}
}

// blend mixes a colour into a pixel.
func (c *canvas) blend(x, y int, col color.RGBA, share float64) {
	share *= float64(col.A) / 255
	i := c.img.PixOffset(x, y)
	for k, v := range [...]uint8{col.R, col.G, col.B} {
		old := float64(c.img.Pix[i+k])
		c.img.Pix[i+k] = uint8(math.Round(old + (float64(v)-old)*share))
	}
}

// stroke draws a line of a width along points, with round ends and corners. One that
// is shorter than wide is a dot.
func (c *canvas) stroke(col color.RGBA, width float64, lines ...[]point) {
	var shapes [][]point
	for _, l := range lines {
		if n := len(l); n > 0 && n < 3 && math.Hypot(l[n-1].x-l[0].x, l[n-1].y-l[0].y) < width {
			shapes = append(shapes, circle(l[0], max(width*0.62, 0.8)))
			continue
		}
		for i, p := range l {
			if width > 1.2 { // else nobody sees the corners
				shapes = append(shapes, circle(p, width/2))
			}
			if i > 0 {
				shapes = append(shapes, bar(l[i-1], p, width))
			}
		}
	}
	c.fill(col, shapes...)
}

// bar is the rectangle around a line.
func bar(a, b point, width float64) []point {
	dx, dy := b.x-a.x, b.y-a.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return nil
	}
	nx, ny := -dy/length*width/2, dx/length*width/2
	return []point{{a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}}
}

func circle(at point, radius float64) []point { return arc(at, radius, 0, 2*math.Pi) }

// arc is the points along a circle, from an angle to another.
func arc(at point, radius, from, to float64) []point {
	n := max(int(math.Abs(to-from)*math.Sqrt(radius)*2), 6)
	out := make([]point, n+1)
	for i := range out {
		angle := from + (to-from)*float64(i)/float64(n)
		out[i] = point{at.x + radius*math.Cos(angle), at.y + radius*math.Sin(angle)}
	}
	return out
}

// rectangle is the corners of a rectangle.
func rectangle(x0, y0, x1, y1 float64) []point {
	return []point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// dashed is a straight line in dashes.
func dashed(a, b point, dash, gap float64) [][]point {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	var out [][]point
	for at := 0.0; at < length; at += dash + gap {
		end := min(at+dash, length)
		on := func(d float64) point { return point{a.x + (b.x-a.x)*d/length, a.y + (b.y-a.y)*d/length} }
		out = append(out, []point{on(at), on(end)})
	}
	return out
}
