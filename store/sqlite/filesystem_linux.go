package sqlite

import "syscall"

// networkTypes are the magic numbers of statfs(2) for file systems whose locks
// and shared memory SQLite cannot rely on.
var networkTypes = map[int64]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x01021997: "9P",
	0x00c36400: "Ceph",
	0x5346414f: "AFS",
	0x6b414653: "AFS",
	0x73757245: "Coda",
	0x0bd00bd0: "Lustre",
	0x47504653: "GPFS",
	0x20030528: "OrangeFS",
}

// networkFileSystem names the network file system that the directory is on.
func networkFileSystem(dir string) (string, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", false // opening the file will say what is wrong
	}
	name, ok := networkTypes[int64(s.Type)&0xffffffff]
	return name, ok
}
