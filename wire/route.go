package wire

import (
	"mime"
	"net/http"
	"strings"
)

// A target is what a request says it wants, before anything of it is believed.
type target struct {
	protocol  Protocol
	service   *service
	operation *operation
	name      string // of the operation, even if there is none
	form      form   // of Query
	queryMode bool
	err       error // why there is no operation
}

// route finds the operation. body is what the client wrote, inflated.
func (h *Handler) route(r *http.Request, body []byte) target {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		contentType = ""
	}
	to := r.Header.Get("X-Amz-Target")
	switch {
	case strings.HasPrefix(r.URL.Path, "/service/"):
		return h.routeCBOR(r, contentType)
	case r.URL.Path != "/" && r.URL.Path != "":
		return target{}
	case to != "" && r.Method == http.MethodPost:
		return h.routeJSON(r, contentType, to)
	case r.Method == http.MethodGet:
		return h.routeQuery(r, r.URL.RawQuery)
	case r.Method == http.MethodPost && contentType == "application/x-www-form-urlencoded":
		text := string(body)
		if r.URL.RawQuery != "" {
			text = r.URL.RawQuery + "&" + text
		}
		return h.routeQuery(r, text)
	}
	return target{}
}

func (t target) find(speaks bool) target {
	if t.service != nil {
		t.queryMode = t.protocol != Query && t.service.model.Query && t.queryMode
		if speaks {
			t.operation = t.service.operations[t.name]
		}
	}
	switch {
	case t.operation == nil:
		t.err = refusal("UnknownOperationException", "")
	case t.operation.stream, t.operation.events != nil && t.protocol != JSON10 && t.protocol != JSON11:
		t.err = refusal("UnsupportedOperation", t.name+" answers with an event stream, which this endpoint does not speak.")
	}
	return t
}

func queryMode(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("X-Amzn-Query-Mode"), "true")
}

// routeJSON reads X-Amz-Target: "Logs_20140328.FilterLogEvents", before which
// some clients write the name of a package.
func (h *Handler) routeJSON(r *http.Request, contentType, to string) target {
	t := target{queryMode: queryMode(r)}
	switch contentType {
	case "application/x-amz-json-1.0":
		t.protocol = JSON10
	case "application/x-amz-json-1.1":
		t.protocol = JSON11
	default:
		return target{}
	}
	shape := ""
	if i := strings.LastIndexByte(to, '.'); i >= 0 {
		shape, t.name = to[:i], to[i+1:]
		shape = shape[strings.LastIndexByte(shape, '.')+1:]
	}
	t.service = h.byShape[shape]
	return t.find(t.service != nil && t.service.model.JSON)
}

// routeCBOR reads the path /service/NAME/operation/OPERATION.
func (h *Handler) routeCBOR(r *http.Request, contentType string) target {
	parts := strings.Split(r.URL.Path, "/")
	if len(parts) != 5 || parts[3] != "operation" || r.Method != http.MethodPost || r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		return target{}
	}
	t := target{protocol: CBOR, service: h.byShape[parts[2]], name: parts[4], queryMode: queryMode(r)}
	t = t.find(t.service != nil && t.service.model.CBOR)
	if t.err == nil && contentType != "application/cbor" && r.ContentLength != 0 {
		t.err = refusal("SerializationException", "The content type must be application/cbor")
	}
	return t
}

// routeQuery finds the service by Version. Without one, as in the links of
// SNS's messages, it is the service that alone has the action, or the one that the
// request is signed for.
func (h *Handler) routeQuery(r *http.Request, text string) target {
	t := target{protocol: Query}
	if t.form, t.err = parseForm(text); t.err != nil {
		if _, syntax := t.err.(*malformed); syntax {
			t.err = refusal("MalformedQueryString", t.err.Error())
		}
		return t
	}
	t.name, _ = t.form.get("Action")
	version, versioned := t.form.get("Version")
	var having []*service
	for _, s := range h.services {
		if !s.model.Query || versioned && s.model.Version != version {
			continue
		}
		if versioned || s.operations[t.name] != nil {
			having = append(having, s)
		}
	}
	signed := signingName(r)
	for _, s := range having {
		if len(having) == 1 || s.model.SigningName == signed {
			t.service = s
			break
		}
	}
	if t.name == "" {
		t.err = refusal("MissingAction", "The request must contain the parameter Action.")
		return t
	}
	if t = t.find(t.service != nil); t.operation == nil {
		if !versioned {
			version = "NO_VERSION_SPECIFIED"
		}
		t.err = refusal("InvalidAction", "Could not find operation "+shorten(t.name)+" for version "+shorten(version))
	}
	return t
}

// signingName is the service that a request says it is signed for.
func signingName(r *http.Request) string {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if _, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		scope, _, _ = strings.Cut(credential, ",")
	}
	if parts := strings.Split(scope, "/"); len(parts) == 5 {
		return parts[3]
	}
	return ""
}
