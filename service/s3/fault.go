package s3

import (
	"errors"
	"net/http"
	"slices"

	"github.com/aws/smithy-go"

	"tocsin/store/state"
	"tocsin/wire/sigv4"
)

// A Fault is an error as S3 tells it. Fields are the elements that stand behind
// the message, names and values in turn.
type Fault struct {
	Status        int // of HTTP
	Code, Message string
	Fields        []string
	header        http.Header
}

// Error implements error.
func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// ErrorCode tells AWS's code.
func (f *Fault) ErrorCode() string { return f.Code }

// fault is an error of the table.
func fault(code string) *Fault {
	row, ok := faults[code]
	if !ok {
		row = faultRow{http.StatusBadRequest, code}
	}
	return &Fault{Status: row.status, Code: code, Message: row.message}
}

// faultf is an error of the table with another message.
func faultf(code, message string) *Fault {
	f := fault(code)
	f.Message = message
	return f
}

// with adds elements, names and values in turn.
func (f *Fault) with(fields ...string) *Fault {
	f.Fields = append(slices.Clone(f.Fields), fields...)
	return f
}

type faultRow struct {
	status  int
	message string
}

// faults are the codes with status and message [Amazon S3 API Reference, "Error
// responses"].
var faults = map[string]faultRow{
	"AccessControlListNotSupported":           {400, "The bucket does not allow ACLs"},
	"AccessDenied":                            {403, "Access Denied"},
	"AccessForbidden":                         {403, "CORSResponse: CORS is not enabled for this bucket."},
	"BadDigest":                               {400, "The Content-MD5 you specified did not match what we received."},
	"BucketAlreadyExists":                     {409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."},
	"BucketAlreadyOwnedByYou":                 {409, "Your previous request to create the named bucket succeeded and you already own it."},
	"BucketNotEmpty":                          {409, "The bucket you tried to delete is not empty"},
	"EntityTooLarge":                          {400, "Your proposed upload exceeds the maximum allowed size"},
	"EntityTooSmall":                          {400, "Your proposed upload is smaller than the minimum allowed size"},
	"MaxMessageLengthExceeded":                {400, "Your request was too big."},
	"MalformedTrailerError":                   {400, "The request contained trailing data that was not well-formed or did not conform to our published schema."},
	"ExpiredToken":                            {400, "The provided token has expired."},
	"InvalidAccessKeyId":                      {403, "The AWS Access Key Id you provided does not exist in our records."},
	"IllegalLocationConstraintException":      {400, "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."},
	"IllegalVersioningConfigurationException": {400, "The Versioning element must be specified"},
	"IncompleteBody":                          {400, "You did not provide the number of bytes specified by the Content-Length HTTP header"},
	"InternalError":                           {500, "We encountered an internal error. Please try again."},
	"InvalidArgument":                         {400, "Invalid Argument"},
	"InvalidBucketAclWithObjectOwnership":     {400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"},
	"InvalidBucketName":                       {400, "The specified bucket is not valid."},
	"InvalidDigest":                           {400, "The Content-MD5 you specified was invalid."},
	"InvalidLocationConstraint":               {400, "The specified location-constraint is not valid"},
	"InvalidPart":                             {400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."},
	"InvalidPartNumber":                       {416, "The requested partnumber is not satisfiable"},
	"InvalidPartOrder":                        {400, "The list of parts was not in ascending order. Parts must be ordered by part number."},
	"InvalidRange":                            {416, "The requested range is not satisfiable"},
	"InvalidRequest":                          {400, "Invalid Request"},
	"InvalidStorageClass":                     {400, "The storage class you specified is not valid"},
	"InvalidTag":                              {400, "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."},
	"InvalidURI":                              {400, "Couldn't parse the specified URI."},
	"KeyTooLongError":                         {400, "Your key is too long"},
	"MalformedACLError":                       {400, "The XML you provided was not well-formed or did not validate against our published schema"},
	"MalformedPolicy":                         {400, "Policy has invalid resource"},
	"MalformedXML":                            {400, "The XML you provided was not well-formed or did not validate against our published schema"},
	"MetadataTooLarge":                        {400, "Your metadata headers exceed the maximum allowed metadata size"},
	"MethodNotAllowed":                        {405, "The specified method is not allowed against this resource."},
	"MissingContentLength":                    {411, "You must provide the Content-Length HTTP header."},
	"MissingRequestBodyError":                 {400, "Request Body is empty"},
	"NoSuchBucket":                            {404, "The specified bucket does not exist"},
	"NoSuchBucketPolicy":                      {404, "The bucket policy does not exist"},
	"NoSuchConfiguration":                     {404, "The specified configuration does not exist."},
	"NoSuchCORSConfiguration":                 {404, "The CORS configuration does not exist"},
	"NoSuchKey":                               {404, "The specified key does not exist."},
	"NoSuchLifecycleConfiguration":            {404, "The lifecycle configuration does not exist"},
	"NoSuchPublicAccessBlockConfiguration":    {404, "The public access block configuration was not found"},
	"NoSuchTagSet":                            {404, "The TagSet does not exist"},
	"NoSuchUpload":                            {404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."},
	"NoSuchVersion":                           {404, "The specified version does not exist."},
	"NoSuchWebsiteConfiguration":              {404, "The specified bucket does not have a website configuration"},
	"NotImplemented":                          {501, "A header you provided implies functionality that is not implemented"},
	"ObjectLockConfigurationNotFoundError":    {404, "Object Lock configuration does not exist for this bucket"},
	"OperationAborted":                        {409, "A conflicting conditional operation is currently in progress against this resource. Please try again."},
	"OwnershipControlsNotFoundError":          {404, "The bucket ownership controls were not found"},
	"PreconditionFailed":                      {412, "At least one of the pre-conditions you specified did not hold"},
	"ReplicationConfigurationNotFoundError":   {404, "The replication configuration was not found"},
	"RequestTimeout":                          {400, "Your socket connection to the server was not read from or written to within the timeout period."},
	"ServiceUnavailable":                      {503, "Service is unable to handle request."},
	"UnresolvableGrantByEmailAddress":         {400, "The email address you provided does not match any account on record."},
	"InvalidTargetBucketForLogging":           {400, "The target bucket for logging does not exist"},
	"InvalidEncryptionAlgorithmError":         {400, "The encryption request you specified is not valid. The valid value is AES256."},
	"NotModified":                             {304, ""},
	"BadRequest":                              {400, "Bad Request"},
}

// inS3 are S3's codes for refusals that other services word otherwise.
var inS3 = map[string]string{
	"InvalidClientTokenId": "InvalidAccessKeyId", "UnrecognizedClientException": "InvalidAccessKeyId",
	"ExpiredToken": "ExpiredToken", "MissingAuthenticationToken": "AccessDenied",
}

// fault makes one of any error. What we have no code for is ours: its cause goes
// to the log and not to the client.
func (s *Service) fault(c *call, err error) *Fault {
	var f *Fault
	var refused *sigv4.Error
	var api smithy.APIError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &refused):
		f = &Fault{Status: refused.Status, Code: refused.Code, Message: refused.Message}
		if row, ok := inS3[f.Code]; ok {
			f = fault(row)
		}
	case errors.As(err, &api):
		f = faultf(api.ErrorCode(), api.ErrorMessage())
		switch f.Code {
		case "AccessDeniedException", "AccessDenied":
			f.Status, f.Code = http.StatusForbidden, "AccessDenied"
		}
	case errors.Is(err, state.ErrUnknown) || c.ctx.Err() != nil:
		f = fault("ServiceUnavailable")
	default:
		f = fault("InternalError")
	}
	if f.Status >= http.StatusInternalServerError && f.Code != "NotImplemented" {
		s.o.Log.Error("a request to S3 failed", "operation", c.op.name, "bucket", c.bucket, "request", c.requestID, "error", err)
	}
	if f.Code == "AccessDenied" && f.Message == "" {
		f.Message = "Access Denied"
	}
	return f
}

// answer is the fault as XML; nothing but headers for HEAD and 304.
func (f *Fault) answer(c *call) *answer {
	a := &answer{status: f.Status, header: http.Header{}}
	for name, values := range f.header {
		a.header[name] = values
	}
	if c.b.Region != "" && c.op.level != onService {
		a.header.Set("X-Amz-Bucket-Region", c.b.Region)
	}
	if f.Status == http.StatusNotModified {
		return a
	}
	e := el("Error", el("Code", f.Code), el("Message", f.Message))
	for i := 0; i+1 < len(f.Fields); i += 2 {
		e.add(el(f.Fields[i], f.Fields[i+1]))
	}
	e.add(el("RequestId", c.requestID), el("HostId", c.hostID))
	a.body = e.document("")
	return a
}
