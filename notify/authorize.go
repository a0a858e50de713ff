package notify

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
)

// authorize answers the challenges of an endpoint with the user and password of
// its URL: Digest (RFC 7616, MD5 and SHA-256) if it is offered, else Basic. False:
// none of the challenges can be answered.
func authorize(challenges []string, to *url.URL) (string, bool) {
	user := to.User.Username()
	password, _ := to.User.Password()
	basic := false
	for _, challenge := range challenges {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(challenge), " ")
		switch {
		case strings.EqualFold(scheme, "Digest"):
			if answer, ok := digest(parameters(rest), user, password, to.RequestURI(), rand.Text()); ok {
				return answer, true
			}
		case strings.EqualFold(scheme, "Basic"):
			basic = true
		}
	}
	if !basic {
		return "", false
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), true
}

// digest answers a Digest challenge for a POST of uri. Of the qualities of
// protection only auth is known, or none.
func digest(challenge map[string]string, user, password, uri, cnonce string) (string, bool) {
	var newHash func() hash.Hash
	switch strings.ToUpper(challenge["algorithm"]) {
	case "", "MD5":
		newHash = md5.New
	case "SHA-256":
		newHash = sha256.New
	default:
		return "", false
	}
	sum := func(parts ...string) string {
		h := newHash()
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	realm, nonce := challenge["realm"], challenge["nonce"]
	secret, target := sum(user, realm, password), sum(http.MethodPost, uri)
	var b strings.Builder
	field := func(name, value string) {
		fmt.Fprintf(&b, `, %s="%s"`, name, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value))
	}
	field("realm", realm)
	field("nonce", nonce)
	field("uri", uri)
	if opaque, ok := challenge["opaque"]; ok {
		field("opaque", opaque)
	}
	if algorithm := challenge["algorithm"]; algorithm != "" {
		b.WriteString(", algorithm=" + strings.ToUpper(algorithm))
	}
	switch qop := challenge["qop"]; {
	case qop == "":
		field("response", sum(secret, nonce, target))
	case offers(qop, "auth"):
		const count = "00000001"
		b.WriteString(", qop=auth, nc=" + count)
		field("cnonce", cnonce)
		field("response", sum(secret, nonce, count, cnonce, "auth", target))
	default:
		return "", false
	}
	return `Digest username="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(user) + `"` + b.String(), true
}

func offers(list, what string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), what) {
			return true
		}
	}
	return false
}

// parameters reads the parameters of a challenge, with names in lower case.
func parameters(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimLeft(s, " ,\t"); s != ""; s = strings.TrimLeft(s, " ,\t") {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return out
		}
		name = strings.ToLower(strings.TrimSpace(name))
		var value strings.Builder
		if rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, `"`) {
			i := 1
			for ; i < len(rest) && rest[i] != '"'; i++ {
				if rest[i] == '\\' && i+1 < len(rest) {
					i++
				}
				value.WriteByte(rest[i])
			}
			s = rest[min(i+1, len(rest)):]
		} else {
			var plain string
			plain, s, _ = strings.Cut(rest, ",")
			value.WriteString(strings.TrimSpace(plain))
		}
		out[name] = value.String()
	}
	return out
}
