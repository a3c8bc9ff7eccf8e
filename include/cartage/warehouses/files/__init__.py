"""The connector for warehouses that exchange files: CSV in any layout, or X12, over SFTP or a mounted folder."""
