package sigv4

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A claim is what a request says about its signature.
type claim struct {
	accessKeyID           string
	date, region, service string
	signedHeaders         []string // lower case, ascending
	signature             string
	at                    time.Time
	presigned             bool
	expires               time.Duration
}

func (c claim) scope() string {
	return strings.Join([]string{c.date, c.region, c.service, "aws4_request"}, "/")
}

// readClaim takes the claim out of the header, or else out of the query.
func readClaim(r *http.Request) (claim, error) {
	query := r.URL.Query()
	header := r.Header.Values("Authorization")
	switch {
	case len(header) > 1:
		return claim{}, incomplete("There is more than one Authorization header")
	case len(header) == 1 && query.Has("X-Amz-Signature"):
		return claim{}, incomplete("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case len(header) == 1:
		return headerClaim(r, header[0])
	case query.Has("X-Amz-Signature"):
		return queryClaim(query.Get)
	}
	return claim{}, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Missing Authentication Token")
}

func headerClaim(r *http.Request, text string) (claim, error) {
	algorithm, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if algorithm != Algorithm {
		return claim{}, incomplete("Unsupported AWS 'algorithm': '" + shorten(algorithm) + "'; only " + Algorithm + " is accepted")
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := fields[name]; !ok || twice {
			return claim{}, incomplete("'" + shorten(part) + "' not a valid key=value pair (missing equal-sign) in Authorization header")
		}
		fields[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if fields[name] == "" {
			return claim{}, incomplete("Authorization header requires '" + name + "' parameter.")
		}
	}
	date := r.Header.Get("X-Amz-Date")
	at, err := time.Parse(timeLayout, date)
	if err != nil {
		if at, err = http.ParseTime(r.Header.Get("Date")); err != nil || date != "" {
			return claim{}, incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
		}
	}
	return newClaim(fields["Credential"], fields["SignedHeaders"], fields["Signature"], at)
}

func queryClaim(get func(string) string) (claim, error) {
	if get("X-Amz-Algorithm") != Algorithm {
		return claim{}, incomplete("Unsupported AWS 'algorithm': '" + shorten(get("X-Amz-Algorithm")) + "'; only " + Algorithm + " is accepted")
	}
	at, err := time.Parse(timeLayout, get("X-Amz-Date"))
	if err != nil {
		return claim{}, incomplete("AWS query-string parameters must include 'X-Amz-Date', as " + timeLayout)
	}
	c, err := newClaim(get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"), at)
	if err != nil {
		return claim{}, err
	}
	c.presigned, c.expires = true, presignedElsewhere
	text := get("X-Amz-Expires")
	if text == "" && c.service != "s3" {
		return c, nil
	}
	seconds, err := strconv.Atoi(text)
	given := time.Duration(seconds) * time.Second
	switch {
	case err != nil || seconds < 1 || seconds > int(MaxPresigned/time.Second):
		return claim{}, refuse(http.StatusBadRequest, "AuthorizationQueryParametersError", "X-Amz-Expires must be a number between 1 and 604800")
	case c.service == "s3":
		c.expires = given
	case c.service != "sts":
		c.expires = min(given, presignedElsewhere)
	}
	return c, nil
}

func newClaim(credential, signedHeaders, signature string, at time.Time) (claim, error) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" || slices.Contains(parts, "") {
		return claim{}, incomplete(fmt.Sprintf("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", shorten(credential)))
	}
	c := claim{
		accessKeyID: parts[0], date: parts[1], region: parts[2], service: parts[3],
		signedHeaders: strings.Split(signedHeaders, ";"), signature: signature, at: at.UTC(),
	}
	if !slices.IsSorted(c.signedHeaders) || strings.ToLower(signedHeaders) != signedHeaders || len(slices.Compact(slices.Clone(c.signedHeaders))) != len(c.signedHeaders) {
		return claim{}, incomplete("SignedHeaders must be in lower case, in ascending order and name each header once")
	}
	return c, nil
}

// shorten bounds what a stranger's text takes up in an answer.
func shorten(text string) string { return strings.ToValidUTF8(text[:min(len(text), 100)], "") }
