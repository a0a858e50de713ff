package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

var (
	//go:embed page.html
	page string
	//go:embed page.css
	style string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"plain": plain, "visible": visible, "pieces": pieces, "words": words, "option": option}).Parse(page))

// HTML writes the audit as one page that needs nothing from anywhere: no script,
// no picture, no network, which its own policy forbids too. It prints on A4 with
// everything unfolded.
func HTML(w io.Writer, a Audit) error {
	sum := sha256.Sum256([]byte(style))
	var b strings.Builder
	if err := pageTemplate.Execute(&b, struct {
		Style  template.CSS
		Policy string
		*view
	}{
		template.CSS(style), // ours
		"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		viewOf(a),
	}); err != nil {
		return err
	}
	_, err := io.WriteString(w, visible(b.String()))
	return err
}
