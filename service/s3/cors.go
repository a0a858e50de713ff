package s3

import (
	"net/http"
	"slices"
	"strings"
)

// preflight answers what browsers ask before they send a request of another site,
// by the bucket's CORS rules.
func (s *Service) preflight(c *call) (*answer, error) {
	h := c.r.Header
	origin, method := h.Get("Origin"), h.Get("Access-Control-Request-Method")
	switch {
	case origin == "":
		return nil, faultf("BadRequest", "Insufficient information. Origin request header needed.")
	case method == "":
		return nil, faultf("BadRequest", "Invalid Access-Control-Request-Method: null")
	case c.bucket == "":
		return nil, fault("AccessForbidden")
	}
	b, err := s.bucket(c.ctx, c.bucket)
	if err != nil {
		return nil, err
	}
	rules := b.setting("cors")
	if rules == nil {
		return nil, fault("AccessForbidden").with("Method", method, "ResourceType", "BUCKET")
	}
	asked := strings.Split(h.Get("Access-Control-Request-Headers"), ",")
	for _, rule := range rules.all("CORSRule") {
		a := empty(http.StatusOK)
		if !rule.allows(a.header, origin, method) || !rule.allowsHeaders(asked) {
			continue
		}
		if list := h.Get("Access-Control-Request-Headers"); list != "" {
			a.header.Set("Access-Control-Allow-Headers", strings.ToLower(list))
		}
		if age := rule.value("MaxAgeSeconds"); age != "" {
			a.header.Set("Access-Control-Max-Age", age)
		}
		return a, nil
	}
	return nil, faultf("AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.").
		with("Method", method, "ResourceType", "OBJECT")
}

// forBrowsers puts what browsers must see into the answer of a request that comes from
// another site.
func (c *call) forBrowsers(a *answer) {
	origin := c.r.Header.Get("Origin")
	if origin == "" || c.r.Method == http.MethodOptions {
		return
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	for _, rule := range c.b.setting("cors").all("CORSRule") {
		if rule.allows(a.header, origin, c.r.Method) {
			return
		}
	}
}

// allows tells whether a rule lets in an origin with a method, and says so.
func (n *node) allows(h http.Header, origin, method string) bool {
	if !slices.ContainsFunc(n.all("AllowedMethod"), func(m *node) bool { return m.text == method }) {
		return false
	}
	for _, o := range n.all("AllowedOrigin") {
		if !star(o.text, origin) {
			continue
		}
		if h.Set("Access-Control-Allow-Origin", origin); o.text == "*" {
			h.Set("Access-Control-Allow-Origin", "*")
		} else {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		var methods, exposed []string
		for _, m := range n.all("AllowedMethod") {
			methods = append(methods, m.text)
		}
		for _, e := range n.all("ExposeHeader") {
			exposed = append(exposed, e.text)
		}
		h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
		if len(exposed) > 0 {
			h.Set("Access-Control-Expose-Headers", strings.Join(exposed, ", "))
		}
		h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
		return true
	}
	return false
}

func (n *node) allowsHeaders(asked []string) bool {
	for _, one := range asked {
		one = strings.ToLower(strings.TrimSpace(one))
		if one != "" && !slices.ContainsFunc(n.all("AllowedHeader"), func(a *node) bool { return star(strings.ToLower(a.text), one) }) {
			return false
		}
	}
	return true
}

// star compares a text with a pattern of at most one asterisk.
func star(pattern, text string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
