// Package batch migrates files of events to the newest version of their subject:
// lines of JSON, plain or gzipped, and Avro object container files. It reads a
// file in blocks, carries each block on a worker, and writes the results in the
// order of the input under another name. A manifest beside the output records,
// after every flush, how far both files belong together; a run that was killed
// goes on from there, and its output is the one of an undisturbed run, byte for
// byte. The input is never touched.
//
// The package knows files and goroutines, which package upcast must not; how the
// events of a version are carried comes from [Routes].
package batch
