"""The bytes of a file -> its tables of text cells: unpacked, in one encoding, with header and delimiter. No value is read."""
