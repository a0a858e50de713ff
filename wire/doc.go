// Package wire turns HTTP requests in AWS's protocols into calls of Go methods,
// and their outputs and errors into answers. It knows no service.
//
// An operation is a method with the signature of the SDK client's method:
//
//	func (s *Service) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput,
//		_ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
//
// or, of one whose answer is an event stream, that gives the events as a sequence:
//
//	func (s *Service) StartLiveTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput) (
//		iter.Seq2[types.StartLiveTailResponseStream, error], error)
//
// [New] finds such methods by reflection, once, and compiles how their types
// are read and written. What the SDK's Go types do not tell of a service, such as
// capitals of names and status codes of errors, is its [Model].
//
// Spoken are JSON 1.0 and 1.1, both also with event streams as answers, Query with XML
// answers, and RPC v2 CBOR. S3's REST is answered with an error that says so.
//
// Input is hostile: bodies, what they inflate to, their depth and the memory that
// they may ask for are bounded. Before [Options].Admit has let a request in, its body is
// only inflated and looked at for Query's Action. Members that are not known
// are passed over, as AWS does; of a member that is given twice the last one counts.
package wire
