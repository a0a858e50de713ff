package synth

// record appends one record in the member order of delivered files. A failed
// call answers nothing, except a sign-in, which says so.
func (s *scene) record(dst []byte, f failure) []byte {
	c, a := s.call, s.actor
	s.failed = !f.isZero()
	dst = append(dst, `{"eventVersion":"`...)
	dst = append(dst, c.version...)
	dst = append(dst, `","userIdentity":`...)
	dst = s.expand(dst, a.identity)
	dst = append(dst, `,"eventTime":"`...)
	dst = s.expandPart(dst, &part{kind: eventTime})
	dst = append(dst, `",`...)
	dst = s.expand(dst, c.head)
	dst = append(dst, `,"awsRegion":"`...)
	dst = append(dst, s.region...)
	dst = append(dst, `","sourceIPAddress":"`...)
	dst = s.expand(dst, a.address)
	dst = append(dst, `","userAgent":"`...)
	bracket := c.service == "s3" && !a.service
	if bracket {
		dst = append(dst, '[')
	}
	dst = s.expand(dst, a.agent)
	if bracket {
		dst = append(dst, ']')
	}
	dst = append(dst, '"')
	dst = s.text(dst, "errorCode", f.code)
	dst = s.text(dst, "errorMessage", f.message)
	dst = s.value(dst, "requestParameters", c.params)
	if s.failed && c.traits&signIn == 0 {
		dst = append(dst, `,"responseElements":null`...)
	} else {
		dst = s.value(dst, "responseElements", c.gives)
	}
	dst = s.value(dst, "additionalEventData", c.extra)
	dst = s.text(dst, "requestID", c.requestID)
	dst = s.text(dst, "eventID", eventIDTemplate)
	if c.traits&write != 0 {
		dst = append(dst, `,"readOnly":false`...)
	} else {
		dst = append(dst, `,"readOnly":true`...)
	}
	dst = s.value(dst, "resources", c.resources)
	dst = append(dst, `,"eventType":"`...)
	dst = append(dst, c.kind...)
	dst = append(dst, '"')
	dst = s.text(dst, "apiVersion", c.tail)
	isData := c.traits&data != 0
	if isData {
		dst = append(dst, `,"managementEvent":false`...)
	} else {
		dst = append(dst, `,"managementEvent":true`...)
	}
	dst = append(dst, `,"recipientAccountId":"`...)
	dst = append(dst, s.account...)
	dst = append(dst, '"')
	if a.service {
		dst = s.text(dst, "sharedEventID", sharedIDTemplate)
	}
	if a.inside && (c.service == "s3" || c.service == "dynamodb" || c.service == "kms") {
		dst = s.text(dst, "vpcEndpointId", endpointTemplate)
	}
	if isData {
		dst = append(dst, `,"eventCategory":"Data"`...)
	} else {
		dst = append(dst, `,"eventCategory":"Management"`...)
	}
	if !a.service {
		dst = append(dst, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`...)
		dst = s.expand(dst, c.host)
		dst = append(dst, `"}`...)
	}
	if a.console {
		dst = append(dst, `,"sessionCredentialFromConsole":"true"`...)
	}
	return append(dst, '}')
}

// Templates of members that most records have; they are never changed.
var (
	eventIDTemplate  = compile("<guid:event>")
	sharedIDTemplate = compile("<guid:shared>")
	endpointTemplate = compile("<endpoint>")
)

// value appends a member whose value is JSON; nothing when t is empty.
func (s *scene) value(dst []byte, name string, t template) []byte {
	if len(t) == 0 {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return s.expand(dst, t)
}

// text appends a member whose value is a string; nothing when t is empty.
func (s *scene) text(dst []byte, name string, t template) []byte {
	if len(t) == 0 {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":"`...)
	dst = s.expand(dst, t)
	return append(dst, '"')
}
