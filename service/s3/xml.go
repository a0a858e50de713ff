package s3

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// namespace is that of S3's documents.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

const xsi = "http://www.w3.org/2001/XMLSchema-instance"

// Bounds of the documents that clients send.
const (
	maxDocument = 4 << 20 // bytes; ten thousand parts of an upload, with their checksums, need half of it
	maxDepth    = 16
	maxNodes    = 60_000
)

// A node is an element of XML: text, or children.
type node struct {
	name     string
	xsiType  string // of a grantee
	text     string
	children []*node
}

// el is an element. What it holds are texts, numbers, times and other elements;
// elements that are nil are left out.
func el(name string, holds ...any) *node {
	n := &node{name: name}
	for _, h := range holds {
		switch h := h.(type) {
		case string:
			n.text = h
		case int:
			n.text = strconv.Itoa(h)
		case int64:
			n.text = strconv.FormatInt(h, 10)
		case bool:
			n.text = strconv.FormatBool(h)
		case time.Time:
			n.text = h.UTC().Format("2006-01-02T15:04:05.000Z")
		case *node:
			n.add(h)
		case []*node:
			n.add(h...)
		default:
			panic(fmt.Sprintf("an element cannot hold a %T", h)) // a mistake of ours
		}
	}
	return n
}

// optional is an element, or nil for an empty text.
func optional(name, text string) *node {
	if text == "" {
		return nil
	}
	return el(name, text)
}

// add appends children that are not nil.
func (n *node) add(children ...*node) {
	for _, child := range children {
		if child != nil {
			n.children = append(n.children, child)
		}
	}
}

// child is the first child of that name, or nil.
func (n *node) child(name string) *node {
	if n != nil {
		for _, c := range n.children {
			if c.name == name {
				return c
			}
		}
	}
	return nil
}

// all are the children of that name.
func (n *node) all(name string) (found []*node) {
	if n != nil {
		for _, c := range n.children {
			if c.name == name {
				found = append(found, c)
			}
		}
	}
	return found
}

// value is the text of what a path of names leads to; "" when nothing is there.
func (n *node) value(path ...string) string {
	for _, name := range path {
		n = n.child(name)
	}
	if n == nil {
		return ""
	}
	return n.text
}

// document is the element as a whole document.
func (n *node) document(space string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	n.write(&b, space)
	return b.Bytes()
}

// String is the element without the first line and the namespace of a document.
func (n *node) String() string {
	var b bytes.Buffer
	n.write(&b, "")
	return b.String()
}

func (n *node) write(b *bytes.Buffer, space string) {
	b.WriteString("<" + n.name)
	if space != "" {
		b.WriteString(` xmlns="` + space + `"`)
	}
	if n.xsiType != "" {
		b.WriteString(` xmlns:xsi="` + xsi + `" xsi:type="`)
		escape(b, n.xsiType)
		b.WriteString(`"`)
	}
	if n.text == "" && len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	escape(b, n.text)
	for _, c := range n.children {
		c.write(b, "")
	}
	b.WriteString("</" + n.name + ">")
}

// escape writes text; what XML cannot hold becomes U+FFFD, which is why clients
// ask for encoding-type=url.
func escape(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a Buffer takes everything
}

var errXML = errors.New("not the XML that is expected")

// readXML reads a document. Comments, processing instructions and namespaces are
// passed over; a DOCTYPE is refused.
func readXML(r io.Reader) (*node, error) {
	d := xml.NewDecoder(r)
	d.Entity = map[string]string{}
	var root *node
	var open []*node
	seen := 0
	var texts [][]byte // of the open ones, which may come in many pieces
	for {
		token, err := d.Token()
		if err == io.EOF && root != nil && len(open) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if seen++; seen > maxNodes {
				return nil, errXML
			}
			n := &node{name: token.Name.Local}
			for _, a := range token.Attr {
				if a.Name.Local == "type" && a.Name.Space == xsi {
					n.xsiType = a.Value
				}
			}
			switch {
			case len(open) >= maxDepth, len(open) == 0 && root != nil:
				return nil, errXML
			case len(open) == 0:
				root = n
			default:
				open[len(open)-1].add(n)
			}
			open, texts = append(open, n), append(texts, nil)
		case xml.EndElement:
			last := len(open) - 1
			n, text := open[last], texts[last]
			open, texts = open[:last], texts[:last]
			if len(n.children) == 0 {
				n.text = string(text)
			} else if len(bytes.TrimSpace(text)) > 0 {
				return nil, errXML
			}
		case xml.CharData:
			if len(open) > 0 {
				texts[len(open)-1] = append(texts[len(open)-1], token...)
			} else if len(bytes.TrimSpace(token)) > 0 {
				return nil, errXML
			}
		case xml.Directive:
			return nil, errXML
		}
	}
}
