"""The warehouse's SFTP server: real SSH, real files, and the faults and habits of servers on demand."""
